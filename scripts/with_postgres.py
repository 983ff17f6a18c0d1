"""Run a command with its own PostgreSQL server; FORECAST_TEST_DATABASE_URL contains its URL.

    python scripts/with_postgres.py pytest tests
    python scripts/with_postgres.py --system pytest tests

The server comes from the package pgserver, or with --system from the machine's PostgreSQL.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

START_SECONDS = "30"


@contextlib.contextmanager
def packaged_server() -> Iterator[str]:
    """Start a server of the package pgserver and yield its URL; root can run it, too."""
    import pgserver

    with tempfile.TemporaryDirectory() as folder:
        server = pgserver.get_server(folder, cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@contextlib.contextmanager
def system_server() -> Iterator[str]:
    """Start the machine's PostgreSQL on a free port of 127.0.0.1 and yield its URL."""
    binaries = newest_binaries()
    folder = Path(tempfile.mkdtemp())
    owner: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root.
        owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        shutil.chown(folder, "postgres", "postgres")
    port = free_port()
    options = f"-h 127.0.0.1 -p {port} -k {folder}"
    data = str(folder / "data")
    control = [*owner, str(binaries / "pg_ctl"), "-D", data, "-s", "-w", "-t", START_SECONDS]
    quiet = {"stdout": subprocess.DEVNULL, "cwd": folder, "check": True}
    try:
        subprocess.run(
            [*owner, str(binaries / "initdb"), "-D", data, "-U", "postgres", "-A", "trust"], **quiet
        )
        log = str(folder / "log")
        subprocess.run([*control, "-o", options, "-l", log, "start"], **quiet)
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **quiet)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def newest_binaries() -> Path:
    """Folder of initdb and pg_ctl."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    if folders:
        return folders[-1]
    initdb = shutil.which("initdb")
    if initdb is None:
        sys.exit("Error: PostgreSQL was not found. Install it: apt-get install postgresql")
    return Path(initdb).resolve().parent


def free_port() -> int:
    """A port that is not in use now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def disable_durability(url: str) -> None:
    """Make the server faster: test data need no protection from a power cut."""
    parsed = sa.make_url(url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(parsed, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(sa.text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(sa.text("SELECT pg_reload_conf()"))
    engine.dispose()


def main(arguments: list[str]) -> int:
    """Run the command and return its exit code."""
    system = arguments[:1] == ["--system"]
    command = arguments[1:] if system else arguments
    if not command:
        sys.exit(__doc__)
    with system_server() if system else packaged_server() as url:
        disable_durability(url)
        return subprocess.run(
            command, env=os.environ | {"FORECAST_TEST_DATABASE_URL": url}, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
