"""What the page about rules says of acknowledging warnings is so in the CDK of today."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "reference" / "rules.md").read_text(encoding="utf-8")
WAYS = [code for code in re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL) if "cknowledg" in code]
APP = """\
import json
from pathlib import Path

import aws_cdk as cdk
from aws_cdk.assertions import Annotations

import hpt_construct as hpt

app = cdk.App()


def doubtful(stack: str) -> hpt.HyperparameterTuningJob:
    request = json.loads(Path("request.json").read_text())
    request["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxParallelTrainingJobs"] = 11
    return hpt.HyperparameterTuningJob.from_request(cdk.Stack(app, stack), "Search", request, tuning_job_name=None)


doubtful("Nothing")
"""


def test_both_ways_acknowledge_and_the_ids_are_shown_as_on_the_page(tmp_path: Path) -> None:
    """The CLI's spelling doesn't do for ``acknowledge_warning``."""
    assert len(WAYS) == 2
    code = {"First": WAYS[0], "Second": WAYS[1], "Wrong": WAYS[0].replace('"hpt-', '"Annotation::hpt-')}
    stacks = [f'job = doubtful("{name}")\n{textwrap.dedent(way)}' for name, way in code.items()]
    (tmp_path / "app.py").write_text(f"{APP}{''.join(stacks)}app.synth()\n")
    request = (ROOT / "examples" / "from_request" / "tuning.json").read_text(encoding="utf-8")
    (tmp_path / "request.json").write_text(request)
    (tmp_path / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} app.py"}))
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT),
        "CDK_DISABLE_VERSION_CHECK": "true",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_NOTICES": "false",
        "CDK_VALIDATION": "true",
    }
    command = [str(ROOT / "node_modules" / ".bin" / "cdk"), "synth", "--quiet"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    warned = re.findall(r"^ +(\w+)/Search\n +(.*)$", re.sub(r"\x1b\[\d*m", "", done.stdout + done.stderr), re.MULTILINE)
    [block] = re.findall(r"^```text\n(Acknowledge.*?)\n```", PAGE, re.MULTILINE | re.DOTALL)
    shown, in_annotations = block.splitlines()
    assert warned == [("Nothing", shown), ("Wrong", shown)]
    metadata = json.loads((tmp_path / "cdk.out" / "Nothing.metadata.json").read_text(encoding="utf-8"))
    [message] = [each["data"] for each in metadata["/Nothing/Search"] if each["type"] == "aws:cdk:warning"]
    assert message.endswith(f" {in_annotations}")
