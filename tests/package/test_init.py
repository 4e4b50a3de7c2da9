"""The app that ``cdk init`` makes takes the README's example: the CDK CLI, its feature flags, the installed wheel."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from .conftest import ROOT

if TYPE_CHECKING:
    from .conftest import Installation


def test_example_of_the_readme_fits_into_a_new_app(installed: Installation, tmp_path: Path) -> None:
    """Pasted into the stack, with ``self`` for the stack, it synthesizes under every flag that a new app has."""
    folder = tmp_path / "churn"
    folder.mkdir()
    cdk("init", "app", "--language", "python", "--generate-only", cwd=folder)
    source = folder / "churn" / "churn_stack.py"
    source.write_text(with_the_example(source.read_text(encoding="utf-8")), encoding="utf-8")
    cdk("synth", "--quiet", "--app", f"{installed.python} app.py", cwd=folder)
    template = json.loads((folder / "cdk.out" / "ChurnStack.template.json").read_text(encoding="utf-8"))
    types = [resource["Type"] for resource in template["Resources"].values()]
    assert types.count("Custom::SageMakerHyperParameterTuningJob") == 1


def with_the_example(stack: str) -> str:
    """A stack's source, with the imports and the job of the README's first example where the CLI left room for it."""
    [example] = re.findall(
        r"^```python\n(.*?)^app\.synth", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )[:1]
    imports, _, job = example.partition("app = cdk.App()\n")
    job = job[job.index("job = ") :].replace("    stack,\n", "    self,\n", 1)
    return f"{imports}{stack}\n{textwrap.indent(job, ' ' * 8)}"


def cdk(*arguments: str, cwd: Path) -> None:
    """Run the checkout's CLI, without what it would ask the internet."""
    environment = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(Path.home()),
        "CDK_DISABLE_VERSION_CHECK": "true",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_NOTICES": "false",
        "CDK_VALIDATION": "false",
    }
    command = [str(ROOT / "node_modules" / ".bin" / "cdk"), *arguments]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
