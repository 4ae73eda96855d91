"""Forgets a client: erases the records of the client's applications in all places."""

from __future__ import annotations

from flows.clients.monitor import erase_records
from flows.clients.predictor import erase_logged
from flows.machine.platform import Platform
from flows.settings import PlatformSettings


def forget_client(settings: PlatformSettings, client: int) -> dict[str, int]:
    """Erase a client's records in the prediction log of this machine and in the store; returns both numbers.

    The log comes first, because its erased records can then no longer reach the store. Raises NotUp, FlowError.
    """
    if settings.in_cluster:
        in_log = 0  # only the predictor can access its log, and it sends its records within seconds
    elif "predictor" in Platform(settings).running():
        in_log = erase_logged(settings.admin_url, client)
    else:
        from serving.log.backlog import forget_in

        directory = settings.folder / "log"
        in_log = forget_in(directory, client) if directory.is_dir() else 0
    return {"log": in_log, "store": erase_records(settings, client)}
