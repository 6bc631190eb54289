"""The app as a process of its own, and what a script needs to meet it with a real Chromium."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from playwright.sync_api import Page

from fsl_core.data.store import Label, NewItem, Store

ROOT = Path(__file__).resolve().parents[2]
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
PATIENCE_S = 60.0
TICK_MS = 100
SETTLED = '[data-testid="stApp"][data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"]'


class Server:
    """The app on a free port with a data folder of its own; it can die and come back there."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        env = self.environment()
        self._log = (self.home / "server.log").open("ab")
        self._process = subprocess.Popen(self.command(), cwd=ROOT, env=env, stdout=self._log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.home / "server.log").read_text(encoding="utf-8"))
            time.sleep(0.1)

    def command(self) -> list[str]:
        """What starts it."""
        return [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(self.port)]

    def environment(self) -> dict[str, str]:
        """What a process needs to work on this server's data."""
        env = {**os.environ, "HANDFUL_HOME": str(self.home)}
        env.pop("HANDFUL_DATABASE_URL", None)
        return env

    def kill(self) -> None:
        """SIGKILL: no goodbye, nothing flushed."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """A polite end."""
        self._end(signal.SIGTERM)

    def store(self) -> Store:
        """The database of this server, opened beside it. The caller closes it."""
        return Store(f"sqlite:///{self.home / 'handful.db'}")

    def project(
        self, texts: Sequence[str], classes: Sequence[str], labels: Sequence[str | None] = (), **settings: object
    ) -> int:
        """A new project with these items."""
        marks = list(labels) or [None] * len(texts)
        with self.store() as store:
            project = store.projects.create(f"Test {time.time_ns()}", classes=classes, settings=settings)
            rows = [NewItem(text=text, label=mark) for text, mark in zip(texts, marks, strict=True)]
            store.items.add(project.id, rows, source="import")
            return project.id

    def labels(self, project_id: int) -> dict[str, str]:
        """Text -> name of its label ("none" for none of these), as the database has it."""
        with self.store() as store:
            names = {one.id: one.name for one in store.classes.list(project_id)}
            table = store.items.all(project_id)
            texts = dict(zip(table.ids.tolist(), table.texts, strict=True))
            found = store.journal.labels(project_id)
            return {texts[i]: _spelled(one.label, names) for i, one in found.items()}

    def acts(self, project_id: int) -> list[str]:
        """The kinds of the person's entries, oldest first."""
        with self.store() as store:
            entries = store.journal.entries(project_id, limit=1000)
            return [entry.kind for entry in reversed(entries) if entry.source == "person"]

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1):
                return True
        except OSError:
            return False

    def _end(self, sign: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(sign)
            self._process.wait(20)
            self._process = None
        if self._log is not None:
            self._log.close()
            self._log = None


def chromium_path() -> str | None:
    """The Chromium of this machine."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


def settle(page: Page) -> None:
    """Wait until the page is connected and no run is going on, nor one that a click has just asked for."""
    page.locator(SETTLED).wait_for(timeout=PATIENCE_S * 1000)
    page.wait_for_timeout(TICK_MS)
    page.locator(SETTLED).wait_for(timeout=PATIENCE_S * 1000)


def _spelled(label: Label, names: dict[int, str]) -> str:
    if isinstance(label, tuple):
        return "+".join(names[one] for one in label)
    return names[label] if isinstance(label, int) else str(label)


def free_port() -> int:
    """A port at which nobody listens, drawn by chance: others look for one at the same time.

    It lies below those that systems hand out by themselves (32768 and up on Linux), so that no connection takes it
    while the server still starts.
    """
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("A hundred ports were tried, and none is free.")
