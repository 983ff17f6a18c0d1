"""A real server with accounts, and AWS access keys of several kinds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.serving import WSGIRequestHandler, make_server

from forecast_service.accounts.accounts_state import note_change
from forecast_service.accounts.tables import api_keys
from forecast_service.app import create_app
from forecast_service.service import Service
from forecast_service.settings import Settings

from .callers import CALLERS, Access, Endpoint


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Requests are not logged in tests."""


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A service on a real socket, with an AWS access key for every kind of caller."""
    app = create_app(Settings(home=tmp_path_factory.mktemp("amazon"), processes=1))
    service: Service = app.extensions["forecast_service"]
    access = {}
    for name, (scopes, account_id) in CALLERS.items():
        key, _ = service.keys.create(
            name, scopes, aws=True, account_id=account_id, created_by="test"
        )
        access[name] = Access(str(key.aws_access_key_id), str(service.keys.aws_secret(key)))
    service.keys.revoke("revoked")
    with service.database.write() as connection:
        ended = api_keys.c.name == "ended"
        connection.execute(sa.update(api_keys).where(ended).values(expires_at=1.0))
        note_change(connection)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Endpoint(f"http://127.0.0.1:{server.server_port}/aws", access, service)
    server.shutdown()
    thread.join()
    server.server_close()
    service.close()
