from __future__ import annotations

import socket
import threading

import pytest

from flows.errors import PortTaken
from flows.machine.platform import Platform


@pytest.mark.parametrize(
    ("name", "setting"),
    [("monitor_port", "CREDENCE_MONITOR_PORT"), ("admin_port", "CREDENCE_ADMIN_PORT")],
)
def test_taken_port_starts_nothing(platform: Platform, name: str, setting: str) -> None:
    port = getattr(platform.settings, name)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as granian does, which would share it
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(PortTaken, match=rf"port {port} of the .* is taken .* {setting}"):
            platform.up(print)
    assert platform.running() == []
    assert not list(platform.settings.folder.glob("logs/*"))


def test_port_that_is_let_go_late_is_waited_for(platform: Platform) -> None:
    """A killed process counts as ended some milliseconds before its last thread gives back its ports."""
    taken = socket.create_server(("127.0.0.1", platform.settings.monitor_port))
    threading.Timer(0.3, taken.close).start()
    assert platform.up(print) == ["monitor"]
