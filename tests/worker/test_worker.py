"""The worker: real processes that are stopped, frozen and killed."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from support import PATIENCE, import_small_chain, naive, runs_of, start_worker, until, work

from forecast_service.local.jobs import lifecycle
from forecast_service.runs import TrainingRuns
from forecast_service.session import open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.queue import MAX_ERRORS, MAX_LOSSES, Queue, new_id
from forecast_service.storage.tables import imports, resources
from forecast_service.storage.tables import work as work_table
from forecast_service.storage.work import add_work
from forecast_service.worker import Worker

from .processes import computations, descendants, is_running

SHORT_LEASE = 2.0  # seconds
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The quickest algorithm; no lease ends because the machine is busy."""
    return naive(settings)


@pytest.fixture
def runs(settings: Settings, database: Database) -> TrainingRuns:
    """Runs of a chain of three stores without a predictor."""
    import_small_chain(open_session(settings, database), settings, database)
    return runs_of(settings, database)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The log file of the workers in a test."""
    return tmp_path / "worker.log"


@pytest.fixture
def start(settings: Settings, log: Path) -> Iterator[Start]:
    """A function that starts workers; they end with the test."""
    started = []

    def begin(**changes: object) -> subprocess.Popen[bytes]:
        started.append(start_worker(settings.model_copy(update=changes), log))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def is_held(database: Database, kind: str) -> bool:
    with database.read() as connection:
        held = sa.select(work_table.c.id).where(
            work_table.c.kind == kind, work_table.c.state == "held"
        )
        return connection.execute(held).first() is not None


def has_lost(database: Database, number: int) -> bool:
    with database.read() as connection:
        statement = sa.select(sa.func.max(work_table.c.losses))
        return int(connection.execute(statement).scalar_one()) >= number


def put_long_job(runs: TrainingRuns) -> str:
    """Start a training that takes many seconds, and return the predictor's ARN."""
    client = runs.session.forecast
    arn: str = client.create_predictor(
        PredictorName="slow",
        AlgorithmArn="arn:aws:forecast:::algorithm/Prophet",
        ForecastHorizon=14,
        InputDataConfig={
            "DatasetGroupArn": client.list_dataset_groups()["DatasetGroups"][0]["DatasetGroupArn"]
        },
        FeaturizationConfig={"ForecastFrequency": "D"},
        EvaluationParameters={"NumberOfBacktestWindows": 5},
    )["PredictorArn"]
    return arn


def test_a_worker_serves_a_run_and_ends_with_term(
    runs: TrainingRuns, start: Start, log: Path
) -> None:
    run = runs.request(1).run
    worker = start()
    assert run is not None
    until(lambda: not runs.get(run.id).is_open)
    worker.terminate()

    assert runs.get(run.id).state == "serving"
    assert worker.wait(PATIENCE) == 0
    assert "traceback" not in log.read_text()


def test_term_gives_the_work_back_without_a_loss(
    runs: TrainingRuns, database: Database, start: Start
) -> None:
    put_long_job(runs)
    worker = start()
    until(lambda: is_held(database, "resource"))
    worker.terminate()

    assert worker.wait(PATIENCE) == 0
    with database.read() as connection:
        row = connection.execute(
            sa.select(work_table).where(
                work_table.c.kind == "resource", work_table.c.state != "done"
            )
        ).one()
    assert (row.state, row.owner, row.losses, row.errors) == ("waiting", None, 0, 0)


def test_stopping_a_predictor_kills_its_computation(
    runs: TrainingRuns, database: Database, start: Start
) -> None:
    arn = put_long_job(runs)
    start()
    until(lambda: is_held(database, "resource"))
    runs.session.forecast.stop_resource(ResourceArn=arn)

    def status() -> str:
        return str(runs.session.forecast.describe_predictor(PredictorArn=arn)["Status"])

    assert status() in ("CREATE_STOPPING", "CREATE_STOPPED")
    until(lambda: status() == "CREATE_STOPPED")
    assert not is_held(database, "resource")


@pytest.mark.slow
def test_a_frozen_worker_changes_nothing_after_another_took_over(
    runs: TrainingRuns, database: Database, start: Start
) -> None:
    arn = put_long_job(runs)
    frozen = start(lease_seconds=SHORT_LEASE)
    until(lambda: is_held(database, "resource"))
    children = descendants(frozen.pid)
    for pid in [frozen.pid, *children]:
        os.kill(pid, signal.SIGSTOP)
    queue = Queue(database, PATIENCE)
    until(queue.sweep)
    other = queue.claim(new_id(), ["resource"])
    assert other is not None
    with queue.fenced(other) as connection:
        lifecycle.fail(connection, arn, "done by another worker")
        queue.finish(connection, other)
    with database.read() as connection:
        before = connection.execute(sa.select(resources)).all()
    for pid in [*children, frozen.pid]:
        os.kill(pid, signal.SIGCONT)
    time.sleep(2 * SHORT_LEASE)  # it wakes up, finds its claim lost, and has time to do harm

    with database.read() as connection:
        assert connection.execute(sa.select(resources)).all() == before
    frozen.terminate()
    assert frozen.wait(PATIENCE) == 0


def test_the_computation_dies_with_its_worker(
    runs: TrainingRuns, database: Database, start: Start
) -> None:
    put_long_job(runs)
    worker = start()
    until(lambda: is_held(database, "resource"))
    children = until(lambda: descendants(worker.pid))
    worker.kill()
    worker.wait()

    until(lambda: not any(is_running(pid) for pid in children))


def test_a_job_that_raises_is_tried_three_times_and_then_fails(
    settings: Settings, database: Database, start: Start
) -> None:
    with database.write() as connection:
        connection.execute(
            sa.insert(imports).values(
                id="broken",
                dataset_group=settings.dataset_group,
                state="waiting",
                mode="FULL",
                files={"sales": 7},
                options={},
                requested_at=0.0,
            )
        )
        add_work(connection, "import", "broken")

    def skip_delay() -> bool:
        """Skip the delay before the next attempt; return whether the import has ended."""
        with database.write() as connection:
            connection.execute(
                sa.update(work_table).where(work_table.c.state == "waiting").values(not_before=0.0)
            )
            state = connection.execute(sa.select(imports.c.state)).scalar_one()
        return bool(state == "failed")

    start()
    until(skip_delay)
    with database.read() as connection:
        error = connection.execute(sa.select(imports.c.error)).scalar_one()
        errors = connection.execute(sa.select(work_table.c.errors)).scalars().all()
    assert re.match("TypeError: .*", error["detail"])
    assert 3 in errors


def test_work_that_killed_too_many_workers_is_given_up(
    runs: TrainingRuns, settings: Settings, database: Database
) -> None:
    run = runs.request(1).run
    with database.write() as connection:
        connection.execute(
            sa.update(work_table).where(work_table.c.kind == "run").values(losses=MAX_LOSSES)
        )
    work(settings)

    assert run is not None
    failed = runs.get(run.id)
    assert failed.state == "failed"
    assert failed.message == (
        "The worker died 20 times during this work, so it is not tried again. "
        "The machine may have too little memory: look at its log, then send the request again."
    )


def test_working_until_idle_gives_up_when_the_time_is_over(
    settings: Settings, database: Database
) -> None:
    with database.write() as connection:
        add_work(connection, "run", "later", delay_seconds=60)

    assert Worker(settings).run_until_idle(0.2) is False


def test_progress_is_called_while_work_is_left(settings: Settings, database: Database) -> None:
    with database.write() as connection:
        add_work(connection, "run", "later", delay_seconds=1)
    told: list[bool] = []

    assert Worker(settings).run_until_idle(PATIENCE, progress=lambda: told.append(True))
    assert told


def test_a_killed_computation_is_done_again_and_is_no_error(
    runs: TrainingRuns, database: Database, start: Start
) -> None:
    arn = put_long_job(runs)
    worker = start()
    for lost in range(1, MAX_ERRORS + 2):
        until(lambda: is_held(database, "resource"))
        child = until(lambda: computations(worker.pid))
        for pid in child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(partial(has_lost, database, lost))
        with database.write() as connection:  # skip the delay before the next attempt
            connection.execute(
                sa.update(work_table).where(work_table.c.state == "waiting").values(not_before=0.0)
            )

    with database.read() as connection:
        row = connection.execute(sa.select(work_table).where(work_table.c.subject == arn)).one()
    assert row.errors == 0
    assert row.losses == MAX_ERRORS + 1
    assert row.last_error == (
        "The computation was killed by SIGKILL. The machine may have too little memory."
    )
    status = runs.session.forecast.describe_predictor(PredictorArn=arn)["Status"]
    assert status in ("CREATE_PENDING", "CREATE_IN_PROGRESS")
