"""Who types the commands of the operators' guide, as they are written there."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cluster.platform import Platform
from tests.docs.pages import blocks
from tests.k8s.guide import GUIDE, joined
from tests.namespaces import run
from tests.ports import unused_port

KSERVE = "only with KServe"
MINUTES = "minutes; the release begins with the same on a smaller lender"
PUBLISHED = "images and chart of a release that is published"
NOT_HERE = {
    "kind create cluster --config k8s/kind.yaml": "makes another cluster",
    "k8s/prerequisites.sh": "downloads what it installs",
    "helm install": PUBLISHED,
    "cosign verify": PUBLISHED,
    "credence train --data /data --trials 20": MINUTES,
    "credence data synth --clients 20000 --out /var/lib/credence/lender": MINUTES,
    "credence train --data /var/lib/credence/lender": MINUTES,
    "credence promote 4": KSERVE,
    "kubectl -n credence exec deploy/credence-worker -- credence promote": MINUTES,
    "kubectl -n credence patch inferenceservice credit-default": KSERVE,
    "kubectl -n credence wait --for=create deployment/credit-default-v4-predictor": KSERVE,
    "kubectl -n credence rollout status deployment/credit-default-v4-predictor": KSERVE,
    "kubectl -n credence describe inferenceservice credit-default": KSERVE,
    "kubectl get clusterstoragecontainers": KSERVE,
    "pg_dump": "only with PostgreSQL",
    "pg_restore": "only with PostgreSQL",
    "kubectl -n credence logs job/credence-register": "there only after it failed",
}
"""What a command is, or is followed by, and why not."""


def sections() -> dict[str, list[str]]:
    """The commands below each heading: those of its console blocks, then those among its words."""
    parts = re.split(r"^## (.+)$", GUIDE.read_text(), flags=re.MULTILINE)
    found = {title: commands(text) for title, text in zip(["", *parts[1::2]], parts[::2], strict=True)}
    return {title: each for title, each in found.items() if each}


def commands(text: str) -> list[str]:
    typed = [line for block in blocks(text) if block.language == "console" for line in joined(block.content)]
    return typed + re.findall(r"(?<!`)`((?:kubectl|helm) [^`\n]*[a-z][^`\n]*)`(?!`)", text)


def reason(command: str) -> str | None:
    """Why a command is not run; None where it is."""
    for part, why in NOT_HERE.items():
        if command.endswith(part) or command.startswith(f"{part} "):
            return why
    return None


class Reader:
    """Who types what the guide says, in a folder like the project's."""

    def __init__(self, release: Platform, folder: Path) -> None:
        self.release, self.folder = release, folder
        self._ports = {port: str(unused_port()) for port in ("8080", "8090", "4200", "5000")}
        """Those of this machine may be taken."""

    def read(self, section: str) -> list[str]:
        """What each command of a section wrote that can be run; a forwarded port is open until the next."""
        wrote = []
        with self._forwarding() as forward:
            for command in sections()[section]:
                if "port-forward" in command:
                    forward(command)
                elif reason(command) is None:
                    wrote.append(self.type(command))
        return wrote

    def type(self, command: str) -> str:
        """What one wrote. Raises CommandError with what it said."""
        for port, unused in self._ports.items():
            command = command.replace(f"localhost:{port}", f"localhost:{unused}")
        return run("bash", "-o", "pipefail", "-c", command, folder=self.folder)

    @contextmanager
    def _forwarding(self) -> Iterator[Any]:
        running: list[subprocess.Popen[str]] = []

        def forward(command: str) -> None:
            *words, port = command.split()
            ours, _, theirs = port.partition(":")
            words += [f"{self._ports[ours]}:{theirs or ours}"]
            running.append(subprocess.Popen(words, stdout=subprocess.PIPE, text=True))
            said = running[-1].stdout
            assert said is not None
            assert said.readline().startswith("Forwarding from"), command

        try:
            yield forward
        finally:
            for one in running:
                one.terminate()
                one.communicate()
