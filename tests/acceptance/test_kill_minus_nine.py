"""``kill -9`` of web and worker processes at random moments: no accepted run is lost."""

from __future__ import annotations

import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa
from support import group_of, import_small_chain, naive, runs_of, start_worker, until

from forecast_service.runs.run import TrainingRun
from forecast_service.session import open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.queue import Queue
from forecast_service.storage.tables import resources

TRAININGS = 20
WORKERS = 2
SEED = 7
LIFE_SECONDS = (1.0, 8.0)  # from one kill to the next
UNDER_WAY = ("CREATE_PENDING", "CREATE_IN_PROGRESS")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(6000)]

Start = Callable[[], "subprocess.Popen[bytes]"]


class Mortals:
    """Processes that are killed at random moments and started again."""

    def __init__(self, starts: list[Start]) -> None:
        self.starts = starts
        self.processes = [start() for start in starts]
        self.kills = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._reap)
        self._thread.start()

    def _reap(self) -> None:
        dice = random.Random(SEED)
        while not self._over.wait(dice.uniform(*LIFE_SECONDS)):
            victim = dice.randrange(len(self.processes))
            self._kill(victim)
            self.processes[victim] = self.starts[victim]()
            self.kills += 1

    def _kill(self, number: int) -> None:
        """Kill one process, or its whole group: the web server has children."""
        process = self.processes[number]
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()

    def stop_killing(self) -> None:
        """Kill no more processes; the living ones continue."""
        self._over.set()
        self._thread.join()

    def end(self) -> None:
        """Kill all of them."""
        self.stop_killing()
        for number in range(len(self.processes)):
            self._kill(number)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with short leases: work of killed workers is taken over soon."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return naive(settings, lease_seconds=2.0, port=port)


@pytest.fixture
def mortals(settings: Settings, database: Database, tmp_path: Path) -> Iterator[Mortals]:
    """One web process and two workers, over a chain of three stores."""
    import_small_chain(open_session(settings, database), settings, database)
    log = tmp_path / "log"
    web = [lambda: start_web(settings, log)]
    mortals = Mortals([*web, *[lambda: start_worker(settings, log)] * WORKERS])
    yield mortals
    mortals.end()


def start_web(settings: Settings, log: Path) -> subprocess.Popen[bytes]:
    """Start the web process in its own session, so that its children can be killed, too."""
    environment = {
        "FORECAST_HOME": str(settings.home),
        "FORECAST_DATABASE_URL": settings.resolved_database_url,
        "FORECAST_ALGORITHM": settings.algorithm,
        "FORECAST_PORT": str(settings.port),
    }
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "forecast_service.app"],
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def accepted(settings: Settings) -> str | None:
    """Request a run; return its id, or None if the service did not answer."""
    url = f"http://127.0.0.1:{settings.port}/training"
    try:
        answer = requests.post(url, json={"store_number": 1, "force": True}, timeout=60)
    except requests.RequestException:
        return None
    assert answer.status_code == 202, answer.text
    return answer.headers["Location"].rpartition("/")[2]


def under_way(database: Database) -> int:
    """Number of predictors that are being made."""
    statement = sa.select(sa.func.count()).where(
        resources.c.type == "predictor", resources.c.status.in_(UNDER_WAY)
    )
    with database.read() as connection:
        return connection.execute(statement).scalar_one()


def overlaps(runs: list[TrainingRun]) -> list[tuple[str, str]]:
    """Pairs of runs that were running at the same time."""
    spans = sorted((run.started_at or 0.0, run.finished_at or 0.0, run.id) for run in runs)
    return [
        (earlier[2], later[2])
        for earlier, later in itertools.pairwise(spans)
        if later[0] < earlier[1]
    ]


def test_every_accepted_run_ends_as_serving_and_none_runs_twice(
    mortals: Mortals, settings: Settings, database: Database
) -> None:
    runs = runs_of(settings, database)
    ids = []
    at_once = []

    def has_ended() -> bool:
        at_once.append(under_way(database))
        return not runs.get(ids[-1]).is_open

    for _ in range(TRAININGS):
        ids.append(until(lambda: accepted(settings)))
        until(has_ended)
    mortals.stop_killing()
    until(lambda: not Queue(database, 2.0).has_open(["run", "resource"]))

    every = runs.list(limit=1000)
    assert mortals.kills >= TRAININGS / 2
    assert {runs.get(run_id).state for run_id in ids} == {"serving"}
    assert {run.state for run in every} == {"serving"}  # accepted without an answer, too
    assert max(at_once) <= 1
    assert overlaps(every) == []
    assert group_of(settings, database).version == len(every)  # the pointer moved once per run
    assert len({run.predictor_arn for run in every}) == len(every)
