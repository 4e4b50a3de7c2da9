"""Who may invoke the function, by the policy that the page of permissions recommends."""

from __future__ import annotations

import json
import re
from pathlib import Path

from .conftest import ACCOUNT, Request, decide

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "reference" / "permissions.md"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:Training-HptConstructProviderFunction4143378E-1a2B3c4D5e6F"
OTHER = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:orders"


def test_policy_on_the_page_leaves_the_function_to_deployments() -> None:
    """Everybody else keeps their other functions."""
    [statement] = re.findall(
        r"^```json\n(\{.*?InvokeFunction.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    roles = {
        "cdk-hnb659fds-cfn-exec-role-111122223333-us-east-1": True,
        "Training-HptConstructProviderWaitingRoleB76C591F-x1": True,
        "Training-HptConstructProviderRole02A28A49-x1": True,
        "Developer": False,
    }
    principals = {f"arn:aws:iam::{ACCOUNT}:role/{name}": allowed for name, allowed in roles.items()}
    for function in (FUNCTION, OTHER):
        asked = [Request("lambda:InvokeFunction", function, {"aws:PrincipalArn": arn}) for arn in principals]
        [decisions] = decide([([json.loads(statement), everything], asked)])
        expected = [allowed or function == OTHER for allowed in principals.values()]
        assert [decision == "Allowed" for decision in decisions] == expected
