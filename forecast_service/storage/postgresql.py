"""PostgreSQL: connections that give up on a server that does not answer."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

__all__ = ["postgresql_engine", "wait_for_ever"]

CONNECT_SECONDS = 5


def postgresql_engine(url: str, answer_seconds: float) -> sa.Engine:
    """An engine whose statements fail if the server does not answer within this time.

    Limits inside the server do not help when it is frozen, and those of TCP do not when only its
    processes are: the kernel still confirms every packet.
    """
    parsed = sa.make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = sa.create_engine(
        parsed,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=10,
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )
    impatient = _impatient_class(answer_seconds)

    @sa.event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: Any, parameters: Any) -> Any:
        return impatient.connect(*arguments, **parameters)

    return engine


def wait_for_ever(connection: sa.Connection) -> None:
    """Let this connection wait for as long as it takes: a migration may be long."""
    connection.connection.dbapi_connection.answer_seconds = None  # type: ignore[union-attr]


def _impatient_class(seconds: float) -> Any:
    import psycopg

    class ImpatientConnection(psycopg.Connection[Any]):
        """Closes itself when the server is silent for too long."""

        answer_seconds: float | None = seconds

        def wait(self, gen: Any, *arguments: Any, **options: Any) -> Any:
            options.setdefault("timeout", self.answer_seconds)
            try:
                return super().wait(gen, *arguments, **options)
            except psycopg.errors._WaitTimeout as error:
                self.close()
                raise psycopg.OperationalError(
                    f"it was silent for {self.answer_seconds:g} seconds"
                ) from error

    return ImpatientConnection
