"""Measures how fast and how big the product is, beside its alternatives."""

import os
import sys
from pathlib import Path

# Before aws_cdk is imported: jsii starts the first node on the PATH.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
# What the CDK checks in a finished template takes a second whatever is in it, and can be turned off.
os.environ["CDK_VALIDATION"] = "false"
