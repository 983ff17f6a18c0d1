"""FORECAST_BACKEND=auto: Amazon while it answers, else the last fetched, our engine, the naive."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from aws_stand_in import SERVICES, Aws, Quiet, aws
from flask import Flask, Response
from support import group_of, import_small_chain, step_run, until, work
from werkzeug.serving import make_server

from forecast_service.common.keys import series_key
from forecast_service.reading.questions import Question
from forecast_service.reading.store_reader import StoreReader
from forecast_service.runs import TrainingRuns
from forecast_service.runs.watch import look
from forecast_service.session import open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.stores import existing_stores
from forecast_service.storage.tables import forecast_values, resources, training_runs
from forecast_service.storage.tables import work as work_rows

__all__ = ["aws"]


def also(*values: object) -> Any:
    """A case that repeats a promise."""
    return pytest.param(*values, marks=pytest.mark.slow)


FIRST_STEP = {"step": "amazon", "reason": None, "detail": None}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(
        update={"backend": "auto", "poll_seconds": 0.2, "algorithm": "npts", "aws_attempts": 1}
    )


@pytest.fixture
def chain(settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch) -> TrainingRuns:
    """Runs of a chain of two stores; without the fixture ``aws`` nobody can reach Amazon."""
    if "AWS_ENDPOINT_URL_FORECAST" not in os.environ:
        for service in SERVICES:
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", "http://127.0.0.1:9")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    session = open_session(settings, database)
    import_small_chain(session, settings, database, stores=2, days=90)
    return TrainingRuns(database, settings, session)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int, str, str], None]]:
    """A function that lets all of Amazon Forecast answer with one error."""
    error = [400, "", ""]
    app = Flask("refusing")

    @app.post("/")
    def refuse() -> Response:
        status, code, message = error
        body = f'{{"__type": "{code}", "message": "{message}"}}'
        return Response(body, status=status, mimetype="application/x-amz-json-1.1")

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def answer(status: int, code: str, message: str) -> None:
        error[:] = [status, code, message]
        monkeypatch.setenv("AWS_ENDPOINT_URL_FORECAST", f"http://127.0.0.1:{server.server_port}")

    yield answer
    server.shutdown()
    thread.join()
    server.server_close()


def origin(settings: Settings, database: Database, store: int = 1) -> dict[str, Any]:
    """The provenance of the forecast that is served for a store."""
    with database.read() as connection:
        group = group_of(settings, database)
        day = date(2024, 3, 31)
        reader = StoreReader(connection, settings, group, Question((store,)), day)
        row = existing_stores(connection, group.name, [store])[str(store)]
        return dict(reader.document(row, store)["provenance"])


def make_due(database: Database) -> None:
    with database.write() as connection:
        open_work = sa.update(work_rows).where(work_rows.c.state != "done")
        connection.execute(open_work.values(not_before=0))


def test_amazon_trains_while_it_answers(
    aws: Aws, chain: TrainingRuns, settings: Settings, database: Database
) -> None:
    chain.request(None)
    work(settings, 120)

    served = origin(settings, database)
    assert (served["source"], served["stale"], served["ladder"]) == ("amazon", None, FIRST_STEP)
    assert aws.files == []
    assert chain.request(1).rule == "within_tolerance"


def test_the_last_forecast_is_served_and_marked_while_a_training_waits(
    aws: Aws, chain: TrainingRuns, settings: Settings, database: Database
) -> None:
    chain.request(None)
    work(settings, 120)
    before = group_of(settings, database).pointer
    aws.go()

    decision = chain.request(None, force=True)
    step_run(settings, chain.session, database)

    assert decision.run is not None
    waiting = chain.get(decision.run.id)
    assert waiting.state == "waiting"
    assert "Our own engine takes over at " in str(waiting.message)
    served = origin(settings, database)
    assert served["ladder"]["step"] == "last_fetched"
    assert served["ladder"]["reason"] == "unreachable"
    assert served["stale"].startswith("Amazon Forecast cannot be reached since 2")
    assert served["stale"].endswith(": this is the last forecast that was fetched")
    assert group_of(settings, database).pointer != before  # no cache keeps the unmarked answer

    aws.come()
    make_due(database)
    work(settings, 120)
    assert chain.get(decision.run.id).state == "serving"
    served = origin(settings, database)
    assert (served["stale"], served["ladder"]) == (None, FIRST_STEP)


@pytest.mark.slow
def test_a_run_that_waited_too_long_is_done_by_our_own_engine(
    aws: Aws, chain: TrainingRuns, settings: Settings, database: Database
) -> None:
    chain.request(None)
    work(settings, 120)
    aws.go()
    hasty = settings.model_copy(update={"amazon_patience_minutes": 0.0})

    chain.request(None, force=True)
    work(hasty, 120)

    served = origin(settings, database)
    assert (served["source"], served["ladder"]["step"]) == ("local", "local")
    assert served["ladder"]["reason"] == "unreachable"


@pytest.mark.slow
def test_amazon_trains_again_once_it_is_back(
    aws: Aws, chain: TrainingRuns, settings: Settings, database: Database
) -> None:
    aws.go()
    chain.request(None)
    work(settings, 120)
    assert origin(settings, database)["source"] == "local"

    aws.come()
    look(chain.session, settings, database)
    assert chain.list()[0].reason == "amazon_back"
    work(settings, 120)

    assert origin(settings, database)["source"] == "amazon"


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    ("status", "code", "message", "reason"),
    [
        (400, "AccessDeniedException", "User is not authorized", "access_denied"),
        also(400, "UnrecognizedClientException", "The security token is invalid", "access_denied"),
        (400, "AccessDeniedException", "Not available to new customers", "closed"),
        also(400, "SubscriptionRequiredException", "Needs a subscription", "closed"),
        also(400, "ThrottlingException", "Rate exceeded", "throttled"),
        also(503, "ServiceUnavailable", "Down", "unreachable"),
    ],
)
def test_our_own_engine_serves_the_first_forecast_whatever_amazon_says(
    answering: Callable[[int, str, str], None],
    chain: TrainingRuns,
    settings: Settings,
    database: Database,
    status: int,
    code: str,
    message: str,
    reason: str,
) -> None:
    answering(status, code, message)
    chain.request(None)
    work(settings, 120)

    served = origin(settings, database)
    assert (served["source"], served["ladder"]["step"]) == ("local", "local")
    assert served["ladder"]["reason"] == reason
    assert message in served["ladder"]["detail"]


@pytest.mark.slow
def test_no_credentials_are_a_reason_too(
    chain: TrainingRuns, settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    chain.request(None)
    work(settings, 120)

    assert origin(settings, database)["ladder"]["reason"] == "no_credentials"


@pytest.mark.slow
def test_the_seasonal_naive_forecast_is_the_last_step(
    chain: TrainingRuns, settings: Settings, database: Database
) -> None:
    run = chain.request(None).run
    assert run is not None
    for _ in range(3):  # down to our own engine, begun, its predictor asked for
        step_run(settings, chain.session, database)
    with database.write() as connection:
        failed = {"status": "CREATE_FAILED", "message": "out of memory"}
        connection.execute(
            sa.update(resources).where(resources.c.type == "predictor").values(**failed)
        )
        computing = sa.update(work_rows).where(work_rows.c.kind == "resource")
        connection.execute(computing.values(state="done"))
    make_due(database)
    work(settings, 120)

    served = origin(settings, database)
    assert served["algorithm"] == "seasonal_naive"
    assert served["ladder"]["step"] == "seasonal_naive"
    assert served["ladder"]["reason"] == "failed"
    assert served["ladder"]["detail"].endswith("could not be made: out of memory")


def test_a_request_calls_nobody(
    chain: TrainingRuns, monkeypatch: pytest.MonkeyPatch, settings: Settings, database: Database
) -> None:
    calls = []
    events = chain.session.preferred.forecast.meta.events  # type: ignore[union-attr]
    events.register("before-send", lambda **_: calls.append(1))

    for backend in ("auto", "amazon"):
        session = open_session(settings.model_copy(update={"backend": backend}), database)
        assert session.remote is not None
        session.remote.forecast.meta.events.register("before-send", lambda **_: calls.append(1))
        assert TrainingRuns(database, settings, session).request(1).run is not None
    assert chain.request(1).joined
    assert calls == []


@pytest.mark.slow
def test_a_cancelled_run_does_not_wait_for_amazon(
    aws: Aws, chain: TrainingRuns, settings: Settings, database: Database
) -> None:
    run = chain.request(None).run
    assert run is not None
    step_run(settings, chain.session, database)
    chain.cancel(run.id)
    aws.go()
    work(settings, 120)

    with database.read() as connection:
        states = connection.execute(sa.select(training_runs.c.state)).scalars().all()
        left = connection.execute(
            sa.select(work_rows.c.id).where(work_rows.c.kind == "run", work_rows.c.state != "done")
        ).all()
    assert (list(states), left) == (["cancelled"], [])


@pytest.mark.slow
def test_a_store_that_amazon_leaves_out_gets_the_seasonal_naive_forecast(
    aws: Aws, chain: TrainingRuns, settings: Settings, database: Database
) -> None:
    run = chain.request(None).run
    assert run is not None

    def has_begun() -> bool:
        step_run(settings, chain.session, database)
        return chain.get(run.id).forecast_arn is not None

    def is_made() -> bool:
        with aws.database.read() as connection:
            status = sa.select(resources.c.status).where(resources.c.type == "forecast")
            return connection.execute(status).scalars().all() == ["ACTIVE"]

    until(has_begun)
    until(is_made)
    left_out = forecast_values.c.series_key == series_key(["2"])
    with aws.database.write() as connection:
        connection.execute(sa.delete(forecast_values).where(left_out))
    make_due(database)
    work(settings, 120)

    assert origin(settings, database, 1)["ladder"] == FIRST_STEP
    served = origin(settings, database, 2)
    assert (served["algorithm"], served["horizon"]["first"]) == ("seasonal_naive", "2024-03-31")
    assert served["ladder"]["step"] == "seasonal_naive"
    assert served["ladder"]["reason"] == "unknown_store"
    assert served["horizon"] == origin(settings, database, 1)["horizon"]
