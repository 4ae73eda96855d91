"""The errors of runs.

FlowError
├── PlatformSettingsError   a setting cannot be used
├── PortTaken       another process listens on the port
├── NotStarted      a process ended, or is not ready in time
├── NotUp           a needed process does not answer
├── Busy            another command works on the same state folder, or changes the live version
├── NotDeployed     a version does not answer as it should, so it is not live
│   ├── Silent         no server answers, or none that can serve now
│   └── OtherVersion   another version answers instead
├── Unconfirmed     it is not certain that only the version answers
├── ClusterRefused  the cluster's API refuses, or does not answer
├── Unfinished      a change failed, and it could not be undone, confirmed or recorded
└── StepFailed      a step did not do what it promises
"""

from __future__ import annotations


class FlowError(Exception):
    """A run that was refused or failed; the message is for the person who started it."""


class PlatformSettingsError(FlowError):
    """A setting cannot be used."""

    def __init__(self, name: str, expected: str, got: str) -> None:
        super().__init__(f"{name}: expected {expected}, got {got!r}")


class PortTaken(FlowError):  # noqa: N818 - the port is taken, it is not in error
    """Another process listens on the port."""

    def __init__(self, port: int, name: str, setting: str) -> None:
        super().__init__(
            f"port {port} of the {name} is taken by another process: end that one, or move ours with {setting}"
        )


class NotStarted(FlowError):  # noqa: N818
    """A process ended, or is not ready in time."""


class NotUp(FlowError):  # noqa: N818
    """A needed process does not answer."""

    def __init__(self, name: str, url: str) -> None:
        how = "start the platform with `credence up`" if "//127.0.0.1:" in url else "`credence status` tells what is up"
        super().__init__(f"the {name} does not answer at {url}: {how}")


class Busy(FlowError):  # noqa: N818
    """Another command works on the same state folder, or changes the live version."""


class NotDeployed(FlowError):  # noqa: N818
    """A version does not answer as it should, so it is not live."""


class Silent(NotDeployed):
    """No server answers, or none that can serve now."""


class OtherVersion(NotDeployed):
    """Another version answers instead."""


class Unconfirmed(FlowError):  # noqa: N818
    """A version answers as it should, but it is not certain that only this version answers."""


class ClusterRefused(FlowError):  # noqa: N818
    """The cluster's API refuses, or does not answer."""

    def __init__(self, request: str, reply: str, status: int) -> None:
        """`status` is the HTTP status; 0 if there was no answer."""
        super().__init__(f"the cluster's API was asked to {request}: {reply.strip()}")
        self.status = status

    @property
    def away(self) -> bool:
        """Whether the API may answer later: when the control plane restarts, the pods go on."""
        return self.status == 0 or self.status >= 500


class Unfinished(FlowError):  # noqa: N818
    """A change failed, and it could not be undone, confirmed or recorded."""

    def __init__(self, kind: str, version: str, cause: BaseException, state: str) -> None:
        super().__init__(
            f"the {kind} to version {version} is not finished: {describe_error(cause)}. {state}. "
            "`credence status` shows what answers; the next `credence promote` or `credence rollback` resumes it"
        )


class StepFailed(FlowError):  # noqa: N818
    """A step did not do what it promises."""


def describe_error(error: BaseException) -> str:
    """The error's message, or its class if the message is empty."""
    return str(error) or type(error).__name__
