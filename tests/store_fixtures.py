"""A store on SQLite and on a real PostgreSQL: a private server in a temporary folder, for one test run."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fsl_core.store import Store

_numbers = itertools.count(1)


class PostgresServer:
    """A running server; ``new_database`` gives the address of a database that is migrated and empty."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._template_ready = False

    def url(self, database: str) -> str:
        return f"postgresql://handful@/{database}?host={self.folder}"

    def new_database(self, *, migrated: bool = True) -> str:
        if migrated and not self._template_ready:
            self._create("handful_template", "template0")
            Store(self.url("handful_template")).close()
            self._template_ready = True
        name = f"test_{next(_numbers)}"
        self._create(name, "handful_template" if migrated else "template0")
        return self.url(name)

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.folder), dbname=database, user="handful", autocommit=True)

    def _create(self, name: str, template: str) -> None:
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not binaries:
        reason = "PostgreSQL is not installed (on Debian: apt install postgresql)"
        if os.environ.get("HANDFUL_REQUIRE_POSTGRES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="handful-pg-"))
    server: subprocess.Popen[bytes] | None = None
    try:
        server = _start(binaries[-1].parent, folder)
        yield PostgresServer(folder)
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)  # PostgreSQL's "fast" shutdown
            server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _start(binaries: Path, folder: Path) -> subprocess.Popen[bytes]:
    # PostgreSQL refuses to run as root.
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    data = folder / "data"
    flags = ["--username=handful", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    made = subprocess.run(
        [binaries / "initdb", "-D", data, *flags], cwd=folder, capture_output=True, text=True, check=False, **who
    )
    assert made.returncode == 0, made.stderr
    settings = ("listen_addresses=", "fsync=off", "shared_buffers=32MB", f"unix_socket_directories={folder}")
    command = [binaries / "postgres", "-D", data, *(part for setting in settings for part in ("-c", setting))]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, **who)
    give_up = time.monotonic() + 60
    while True:
        try:
            PostgresServer(folder).connect().close()
            return server
        except psycopg.OperationalError:
            log_text = (folder / "server.log").read_text(errors="replace")
            assert server.poll() is None and time.monotonic() < give_up, log_text
            time.sleep(0.05)


@pytest.fixture(params=["sqlite", "postgresql"])
def any_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store, once on each database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'handful.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def any_store(any_store_url: str) -> Iterator[Store]:
    """An empty store, once on each database."""
    with Store(any_store_url) as store:
        yield store
