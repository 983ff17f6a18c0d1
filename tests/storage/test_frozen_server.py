"""A PostgreSQL server that is silent: an error after the stated time, and work goes on later."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from forecast_service.errors import BackendUnavailable
from forecast_service.storage.database import Database

LOCK_SECONDS = 0.5


class Freezer:
    """Stands between a client and a server, and passes nothing on while it is frozen."""

    def __init__(self, server: sa.URL | None) -> None:
        self.server = server
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.sockets.append(client)
            if self.server is not None:
                server = connect(self.server)
                self.sockets.append(server)
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while content := source.recv(65536):
                self.goes_on.wait()
                target.sendall(content)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self) -> None:
        self.goes_on.set()
        self.listener.close()
        for each in self.sockets:
            each.close()


def connect(url: sa.URL) -> socket.socket:
    """A connection to the server of this URL: by TCP, or by a socket in a folder."""
    folder = str(url.query.get("host", url.host or ""))
    port = int(str(url.query.get("port", url.port or 5432)))
    if not folder.startswith("/"):
        return socket.create_connection((folder or "127.0.0.1", port))
    client = socket.socket(socket.AF_UNIX)
    client.connect(f"{folder}/.s.PGSQL.{port}")
    return client


@pytest.fixture
def mute() -> Iterator[Freezer]:
    """A server that accepts connections and says nothing."""
    freezer = Freezer(None)
    yield freezer
    freezer.close()


@pytest.fixture
def frozen(database_url: str) -> Iterator[tuple[Freezer, Database]]:
    """A database behind something that can freeze."""
    url = sa.make_url(database_url)
    freezer = Freezer(url)
    own = url.set(host="127.0.0.1", port=freezer.port, query={})
    database = Database(own.render_as_string(hide_password=False), lock_seconds=LOCK_SECONDS)
    yield freezer, database
    freezer.close()
    database.dispose()


def answer(database: Database) -> object:
    with database.read() as connection:
        return connection.execute(sa.text("SELECT 1")).scalar_one()


def freeze_and_ask(freezer: Freezer, database: Database) -> None:
    with database.read() as connection:
        freezer.goes_on.clear()
        connection.execute(sa.text("SELECT 1"))


def test_a_server_that_says_nothing_is_away(mute: Freezer) -> None:
    database = Database(f"postgresql://nobody@127.0.0.1:{mute.port}/none")

    with pytest.raises(BackendUnavailable, match="The database did not answer: "):
        answer(database)
    database.dispose()


@pytest.mark.postgres
def test_a_frozen_server_is_away_until_it_goes_on(frozen: tuple[Freezer, Database]) -> None:
    freezer, database = frozen
    assert answer(database) == 1
    with pytest.raises(BackendUnavailable, match="it was silent for 1 seconds"):
        freeze_and_ask(freezer, database)
    with pytest.raises(BackendUnavailable):
        answer(database)
    freezer.goes_on.set()

    assert answer(database) == 1


@pytest.mark.postgres
def test_a_slow_statement_is_not_taken_for_silence(frozen: tuple[Freezer, Database]) -> None:
    _, database = frozen
    began = time.monotonic()
    with database.read() as connection:
        for _ in range(4):
            connection.execute(sa.text("SELECT pg_sleep(0.4)"))
    assert time.monotonic() - began > 2 * LOCK_SECONDS
