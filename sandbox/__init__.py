"""A local AWS, without an account, a network or Docker, in which real deployments run."""

from sandbox.control import Control
from sandbox.environment import RefusedError
from sandbox.ministack import StartError
from sandbox.sagemaker.settings import Call, Fault, ServiceSettings
from sandbox.sandbox import Sandbox, SandboxSettings

__all__ = ["Call", "Control", "Fault", "RefusedError", "Sandbox", "SandboxSettings", "ServiceSettings", "StartError"]
