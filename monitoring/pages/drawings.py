"""Reports of verdicts as files. Each is drawn once, in a separate process, one at a time."""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from monitoring.store.bundles import Bundles
from monitoring.store.database import Database
from monitoring.store.reading import stream
from monitoring.store.windows import Archive
from monitoring.verdict import Verdict

logger = logging.getLogger(__name__)

_SECONDS = 1800
"""Most seconds for one report. It needs half a minute of a processor, but it runs at low priority."""
_KEPT = 50
"""Number of reports that are kept; each has nearly 10 MB."""
_LONGEST = 500
"""Most characters of a failed process's error output that are kept."""
_ENDS = "the monitor ends"


class Drawings:
    """The reports in one folder. No method waits until a report is drawn."""

    def __init__(self, folder: Path, bundles: Bundles, archive: Archive, database: Database) -> None:
        self._folder = folder
        self._bundles = bundles
        self._archive = archive
        self._database = database
        self._lock = threading.Lock()
        self._busy: set[str] = set()
        self._failed: dict[str, str] = {}
        self._process: subprocess.Popen[str] | None = None
        self._closing = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="drawing")

    def path(self, verdict: str) -> Path | None:
        """The report of a verdict; None if it is not drawn yet."""
        path = self._place(verdict)
        return path if path.exists() else None

    def failure(self, verdict: str) -> str | None:
        """Why the last attempt to draw the report failed; None if it did not fail."""
        return self._failed.get(verdict)

    def draw(self, verdict: str, window: str) -> None:
        """Start to draw a report, unless it exists or is being drawn; returns at once."""
        with self._lock:
            if self._closing.is_set() or verdict in self._busy or self._place(verdict).exists():
                return
            self._busy.add(verdict)
            self._failed.pop(verdict, None)
        self._thread.submit(self._draw, verdict, window)

    def follow(self, verdict: Verdict | None) -> None:
        """Start to draw the report of a verdict other than keep, unless an earlier attempt failed."""
        if verdict is not None and verdict.judgement != "keep" and verdict.window and not self.failure(verdict.id):
            self.draw(verdict.id, verdict.window)

    def close(self) -> None:
        """Stop drawing; the unfinished report is drawn when a reader asks for it again."""
        with self._lock:
            self._closing.set()
            process = self._process
        if process is not None:
            process.kill()
        self._thread.shutdown()

    def _draw(self, verdict: str, window: str) -> None:
        try:
            problem = self._run(verdict, window)
        except Exception as error:  # noqa: BLE001 - the page shows the error
            problem = str(error)
        if problem and not self._closing.is_set():
            logger.warning("the report of verdict %s is not drawn: %s", verdict, problem)
        with self._lock:
            self._busy.discard(verdict)
            if problem:
                self._failed[verdict] = problem
        self._forget_oldest()

    def _run(self, verdict: str, window: str) -> str:
        """Draw a report. Returns what failed; empty if it is drawn."""
        if self._closing.is_set():
            return _ENDS
        span = self._archive.span(window)
        if span is None:
            return f"window {window} is not kept any more"
        bundle = self._bundles.path(span.version)
        with tempfile.TemporaryDirectory() as folder:
            records = Path(folder) / "records.arrow"
            with records.open("wb") as file:
                file.writelines(stream(self._database, span))
            command = [sys.executable, "-m", "monitoring.pages.evidently", "--bundle", str(bundle)]
            command += ["--records", str(records), "--out", str(self._place(verdict)), "--about", f"window {window}"]
            with self._lock:
                if self._closing.is_set():
                    return _ENDS
                self._process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
            try:
                _, errors = self._process.communicate(timeout=_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.communicate()
                return f"it was not done within {_SECONDS} seconds"
        if self._process.returncode == 0:
            return ""
        return errors.strip()[-_LONGEST:] or f"the process ended with {self._process.returncode}"

    def _place(self, verdict: str) -> Path:
        return self._folder / f"{quote(verdict, safe='')}.html"

    def _forget_oldest(self) -> None:
        drawn = sorted(self._folder.glob("*.html"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in drawn[_KEPT:]:
            path.unlink(missing_ok=True)
        for torn in self._folder.glob(".*.html.*"):  # left by a process that was killed
            torn.unlink(missing_ok=True)
