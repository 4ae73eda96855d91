"""What can go wrong with a run.

FlowError
├── PlatformSettingsError   a setting cannot be used
├── PortTaken       somebody else listens where we would
├── NotStarted      a process ended, or is not ready in time
├── NotUp           a process is needed and not there
├── Busy            another command works on the same state folder, or changes what is live
├── NotDeployed     a version does not answer as it should, so it is not live
│   ├── Silent         nothing answers, or nothing that can serve now
│   └── OtherVersion   another version answers in its place
├── Unconfirmed     it is not certain that the version alone answers
├── ClusterRefused  the cluster's API refuses, or does not answer
├── Unfinished      a change failed, and what was live could not be put back
└── StepFailed      a step did not do what it says
"""

from __future__ import annotations


class FlowError(Exception):
    """A run that was refused or failed; the message is for the person who started it."""


class PlatformSettingsError(FlowError):
    """A setting cannot be used."""

    def __init__(self, name: str, expected: str, got: str) -> None:
        super().__init__(f"{name}: expected {expected}, got {got!r}")


class PortTaken(FlowError):  # noqa: N818 - the port is taken, it is not in error
    """Somebody else listens where we would."""

    def __init__(self, port: int, name: str, setting: str) -> None:
        super().__init__(
            f"port {port} of the {name} is taken by another process: end that one, or move ours with {setting}"
        )


class NotStarted(FlowError):  # noqa: N818
    """A process ended, or is not ready in time."""


class NotUp(FlowError):  # noqa: N818
    """A process is needed and not there."""

    def __init__(self, name: str, url: str) -> None:
        how = "start the platform with `credence up`" if "//127.0.0.1:" in url else "`credence status` tells what is up"
        super().__init__(f"the {name} does not answer at {url}: {how}")


class Busy(FlowError):  # noqa: N818
    """Another command works on the same state folder, or changes what is live."""


class NotDeployed(FlowError):  # noqa: N818
    """A version does not answer as it should, so it is not live."""


class Silent(NotDeployed):
    """Nothing answers, or nothing that can serve now."""


class OtherVersion(NotDeployed):
    """Another version answers in its place."""


class Unconfirmed(FlowError):  # noqa: N818
    """A version answers as it should, but it is not certain that it alone answers."""


class ClusterRefused(FlowError):  # noqa: N818
    """The cluster's API refuses, or does not answer."""

    def __init__(self, what: str, said: str, status: int) -> None:
        """`status` is that of HTTP; 0 where nothing was answered."""
        super().__init__(f"the cluster's API was asked to {what}: {said.strip()}")
        self.status = status

    @property
    def away(self) -> bool:
        """Whether the API may answer later: a control plane that restarts takes no pod down."""
        return self.status == 0 or self.status >= 500


class Unfinished(FlowError):  # noqa: N818
    """A change could not be ended: put back, confirmed, or recorded."""

    def __init__(self, kind: str, version: str, cause: BaseException, state: str) -> None:
        super().__init__(
            f"the {kind} to version {version} is not finished: {describe_error(cause)}. {state}. "
            "`credence status` shows what answers; the next `credence promote` or `credence rollback` resumes it"
        )


class StepFailed(FlowError):  # noqa: N818
    """A step did not do what it says."""


def describe_error(error: BaseException) -> str:
    """What an error says, or its class where it says nothing."""
    return str(error) or type(error).__name__
