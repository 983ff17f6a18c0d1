"""Steps of a training run: each step starts or checks one resource, and never waits."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from forecast_service.amazon.away import Away
from forecast_service.common.wording.coded import say
from forecast_service.errors import Conflict, ForecastServiceError, LeaseLost
from forecast_service.runs import facts, run_rows
from forecast_service.runs.collection import collect
from forecast_service.runs.ladder import AMAZON, LOCAL, Ladder
from forecast_service.runs.publication import serve
from forecast_service.runs.refresh import refresh_after
from forecast_service.runs.run import TrainingRun, read_run, resource_name
from forecast_service.runs.started_resources import UNFINISHED, stop_started
from forecast_service.session import ForecastSession
from forecast_service.settings import Settings
from forecast_service.storage import forecast_store
from forecast_service.storage.groups import is_loading, lock_group, read_group
from forecast_service.storage.queue import Claim, Queue
from forecast_service.trainer import Trainer

__all__ = ["RunStep", "fail"]

logger = logging.getLogger(__name__)

FIRST_POLL_SECONDS = 0.2
BUSY_SECONDS = 0.5
RETRY_SECONDS = 5.0
SECONDS_PER_MINUTE = 60.0
IsPrepared = Callable[[sa.Connection, str], bool]
NO_PREDICTOR = say("no_active_predictor")
STILL_LOADING = say("import_still_loading")


def fail(connection: sa.Connection, run_id: str, message: str) -> None:
    """End a run as failed, in the transaction that finishes its work."""
    run = read_run(connection, run_id)
    if run is None or not run.is_open:
        return
    lock_group(connection, run.dataset_group)
    run_rows.end(connection, run, "failed", message=message)
    refresh_after(connection, run)
    logger.error("run failed: %s", message, extra={"event": "run_failed", "run_id": run_id})


class RunStep:
    """One step of one claimed run.

    ``is_prepared`` says whether a finished forecast (its ARN) can be served now; if not, it adds
    the work for that, and the run looks again.
    """

    def __init__(
        self,
        session: ForecastSession,
        settings: Settings,
        queue: Queue,
        claim: Claim,
        is_prepared: IsPrepared | None = None,
    ) -> None:
        self.ladder = Ladder(session, settings, queue.database)
        self.queue = queue
        self.claim = claim
        self.is_prepared = is_prepared

    def go(self) -> None:
        """Do the run's next step, then give the run back or finish it.

        An error that may pass (Amazon is away or at a limit) is retried until the deadline, or
        until the ladder has another step. Any other error ends the run as failed, or makes the run
        go one step down.

        Raises
        ------
        LeaseLost
            Another worker holds the run, or it was cancelled; nothing was written.
        """
        try:
            self._do_next()
        except LeaseLost:
            raise
        except ForecastServiceError as error:
            self._note(error)
        else:
            self._note_answer()

    def _note(self, error: ForecastServiceError) -> None:
        """Wait, go a step down, or end the run."""
        run = getattr(self, "run", None)
        away = None if run is None else self.ladder.note_error(run, error)
        if run is not None and away is not None:
            self._do_without_amazon(run, away)
        elif error.retryable or isinstance(error, Conflict):
            self._postpone(error.detail)
        elif run is not None:
            self._go_down_or_fail(error.detail)
        else:
            self._fail(error.detail)

    def _do_without_amazon(self, run: TrainingRun, away: Away) -> None:
        with self.queue.fenced(self.claim) as connection:
            if not run.is_open and self.ladder.has_steps:
                self.queue.finish(connection, self.claim)  # what it started cannot be stopped
                return
            if self.ladder.must_leave(connection, run, away):
                self.ladder.go_down(connection, run, away.reason, away.detail)
                self.queue.go_on(connection, self.claim, delay_seconds=0.0)
                return
            message, seconds = self.ladder.waiting(connection, run, away)
        if away.passes:
            self._postpone(message, seconds)
        else:
            self._fail(message)

    def _note_answer(self) -> None:
        run = getattr(self, "run", None)
        if run is not None:
            self.ladder.note_answer(run)

    def _do_next(self) -> None:
        with self.queue.database.read() as connection:
            run = read_run(connection, self.claim.subject)
            group = None if run is None else read_group(connection, run.dataset_group)
        if run is None or group is None:
            self._finish()
            return
        self.run = run
        self.session = self.ladder.session_of(run)
        self.settings = self.ladder.settings_of(run)
        self.group = self.ladder.group_of(run, group)
        self.trainer = Trainer(self.session, self.settings, self.group)
        step_of_state = {
            "waiting": self._begin,
            "training": self._train,
            "forecasting": self._forecast,
            "cancelled": self._stop,
            "failed": self._stop,
        }
        step_of_state.get(run.state, self._finish)()

    def _begin(self) -> None:
        """Fix the data version and whether the run trains; wait while the group is busy."""
        predictor = self.trainer.get_latest_predictor()
        lost = self.trainer.lost_predictor() if predictor is None else None
        with self.queue.fenced(self.claim) as connection:
            group = lock_group(connection, self.group.name)
            if group is None or self._has_to_wait(connection):
                self.queue.go_on(connection, self.claim, delay_seconds=BUSY_SECONDS)
                return
            run = read_run(connection, self.run.id, lock=True) or self.run
            trains = run.trains and not run.is_satisfied_by(predictor)
            step = self._first_step(run)
            if not trains and predictor is None and step == AMAZON and self.ladder.has_steps:
                run_rows.change(connection, run.id, step=LOCAL)
                self.queue.go_on(connection, self.claim, delay_seconds=0.0)
                return
            if not trains and lost is not None:
                self._train_instead(connection, lost)
                trains = True
            elif not trains and predictor is None:
                fail(connection, run.id, NO_PREDICTOR)
                self.queue.finish(connection, self.claim)
                return
            run_rows.change(
                connection,
                run.id,
                state="training" if trains else "forecasting",
                trains=trains,
                predictor_arn=None if trains or predictor is None else predictor["PredictorArn"],
                data_version=group.data_version,
                data_until=group.last_sale_on,
                started_at=facts.clock(connection).timestamp(),
                message=None,
                step=step,
            )
        self._log("run started", "run_started")
        self._do_next()

    def _first_step(self, run: TrainingRun) -> str | None:
        """The step of the ladder on which the run begins; None if there is no ladder."""
        if self.ladder.is_at_amazon(run):
            return AMAZON
        return run.step

    def _has_to_wait(self, connection: sa.Connection) -> bool:
        name = self.group.name
        return run_rows.is_busy(connection, name) or is_loading(connection, name)

    def _train(self) -> None:
        if self.run.predictor_arn is None:
            if not self._is_fed():
                return
            arn = self.trainer.train_new_predictor(resource_name(self.run))
            self._record(arn, predictor_arn=arn)
            return
        description = self.trainer.describe_predictor(self.run.predictor_arn)
        if description["Status"] != "ACTIVE":
            self._wait_for("predictor", description)
            return
        with self.queue.fenced(self.claim) as connection:
            run_rows.change(connection, self.run.id, state="forecasting", expected_at=None)
        self._log("predictor is ready", "run_trained")
        self._do_next()

    def _forecast(self) -> None:
        if self.run.predictor_arn is None:
            self._take_own_predictor()
            return
        if self.run.forecast_arn is None:
            if self._waits_for_import() or not self._is_fed():
                return
            arn = self.trainer.create_latest_forecast(
                self.run.predictor_arn, resource_name(self.run)
            )
            self._record(arn, forecast_arn=arn)
            return
        description = self.trainer.describe_forecast(self.run.forecast_arn)
        if description["Status"] != "ACTIVE":
            if not (description["Status"] == "CREATE_FAILED" and self._replaces_lost_predictor()):
                self._wait_for("forecast", description)
            return
        self._serve(description)

    def _serve(self, description: dict[str, Any]) -> None:
        """Fetch what is missing of a finished forecast, have it prepared, and serve it."""
        if collect(self.session, self.settings, self.queue, self.claim, self.run, description):
            return
        if left_out := self.ladder.fill_unknown(self.run, description):
            with self.queue.fenced(self.claim) as connection:
                forecast_store.write(connection, left_out)
        if self._waits_for_preparation(description["ForecastArn"]):
            return
        predictor = self.trainer.describe_predictor(str(self.run.predictor_arn))
        serve(self.session, self.queue, self.claim, self.run, predictor, description)
        self._log("forecast is served", "run_serving")

    def _is_fed(self) -> bool:
        """Whether the backend has the newest data; if not, give the run back."""
        arn = self.ladder.feed(self.run, self.group)
        if arn is None:
            self._look_later()
            return False
        self.group = replace(self.group, arn=arn)
        self.trainer = Trainer(self.session, self.settings, self.group)
        return True

    def _take_own_predictor(self) -> None:
        """Go on with the latest predictor of our own engine, or train one."""
        predictor = self.trainer.get_latest_predictor()
        with self.queue.fenced(self.claim) as connection:
            if predictor is None:
                self._train_instead(connection, "our own engine has no predictor yet")
                run_rows.change(connection, self.run.id, state="training")
            else:
                arn = predictor["PredictorArn"]
                run_rows.change(connection, self.run.id, predictor_arn=arn)
            self.queue.go_on(connection, self.claim, delay_seconds=0.0)

    def _waits_for_preparation(self, forecast_arn: str) -> bool:
        if self.is_prepared is None:
            return False
        with self.queue.fenced(self.claim) as connection:
            if self.is_prepared(connection, forecast_arn):
                return False
            self.queue.go_on(connection, self.claim, delay_seconds=FIRST_POLL_SECONDS)
        return True

    def _replaces_lost_predictor(self) -> bool:
        """Train if the forecast failed because the predictor cannot be read; return whether."""
        lost = None if self.run.trains else self.trainer.lost_predictor()
        if lost is None:
            return False
        self.trainer.delete_forecast(str(self.run.forecast_arn))
        with self.queue.fenced(self.claim) as connection:
            self._train_instead(connection, lost)
            columns = {"state": "training", "predictor_arn": None, "forecast_arn": None}
            run_rows.change(connection, self.run.id, **columns, message=None)
            self.queue.go_on(connection, self.claim, delay_seconds=0.0)
        return True

    def _train_instead(self, connection: sa.Connection, lost: str) -> None:
        """Make a run that only forecasts a training, because its predictor is lost."""
        run_rows.change(connection, self.run.id, trains=True, reason="no_predictor", detail=lost)
        logger.warning("%s: everything is trained anew", lost, extra={"event": "predictor_lost"})

    def _waits_for_import(self) -> bool:
        """Whether an import is loading; if so, give the run back, or end it if it is late."""
        with self.queue.fenced(self.claim) as connection:
            if not is_loading(connection, self.group.name):
                return False
            if self.run.is_late(facts.clock(connection).timestamp()):
                fail(connection, self.run.id, STILL_LOADING)
                self.queue.finish(connection, self.claim)
            else:
                self.queue.go_on(connection, self.claim, delay_seconds=BUSY_SECONDS)
        return True

    def _stop(self) -> None:
        """Stop the resources of a cancelled or failed run; finish when they have stopped."""
        if stop_started(self.trainer, self.run):
            self._finish()
        else:
            self._give_back()

    def _record(self, arn: str, **columns: Any) -> None:
        """Record a started resource, or stop it if the run was cancelled meanwhile."""
        try:
            with self.queue.fenced(self.claim) as connection:
                run_rows.change(connection, self.run.id, **columns)
                self.queue.go_on(connection, self.claim, delay_seconds=FIRST_POLL_SECONDS)
        except LeaseLost:
            with self.queue.database.read() as connection:
                run = read_run(connection, self.run.id)
            if run is not None and run.state == "cancelled":
                self.trainer.stop(arn)
            raise

    def _wait_for(self, noun: str, description: dict[str, Any]) -> None:
        status = description["Status"]
        if status not in UNFINISHED:
            reason = description.get("Message") or f"its status is {status}"
            self._go_down_or_fail(say("not_made", what=noun, reason=reason))
            return
        with self.queue.database.read() as connection:
            is_late = self.run.is_late(facts.clock(connection).timestamp())
        if is_late:
            # Stop it before the run ends: otherwise the next run would compute beside it.
            self.trainer.stop(str(self.run.resource_arn))
            self._fail(say("not_ready", what=noun))
            return
        minutes = description.get("EstimatedTimeRemainingInMinutes")
        with self.queue.fenced(self.claim) as connection:
            now = facts.clock(connection).timestamp()
            expected_at = None if minutes is None else now + minutes * SECONDS_PER_MINUTE
            run_rows.change(connection, self.run.id, expected_at=expected_at, message=None)
            delay = self._poll_seconds(now)
            self.queue.go_on(connection, self.claim, delay_seconds=delay)

    def _go_down_or_fail(self, reason: str) -> None:
        """Go on with the next step of the ladder, or end the run."""
        word = "refused" if self.ladder.is_at_amazon(self.run) else "failed"
        with self.queue.fenced(self.claim) as connection:
            if self.ladder.go_down(connection, self.run, word, reason):
                self.queue.go_on(connection, self.claim, delay_seconds=0.0)
            else:
                fail(connection, self.claim.subject, reason)
                self.queue.finish(connection, self.claim)

    def _postpone(self, reason: str, seconds: float = RETRY_SECONDS) -> None:
        with self.queue.fenced(self.claim) as connection:
            run = read_run(connection, self.claim.subject)
            if run is not None and run.is_open:
                if run.is_late(facts.clock(connection).timestamp()):
                    fail(connection, run.id, reason)
                    self.queue.finish(connection, self.claim)
                    return
                run_rows.change(connection, run.id, message=reason)
            delay = seconds * random.uniform(0.8, 1.2)  # noqa: S311
            self.queue.give_back(connection, self.claim, delay_seconds=delay)
        self._log("run postponed", "run_postponed")

    def _fail(self, reason: str) -> None:
        with self.queue.fenced(self.claim) as connection:
            fail(connection, self.claim.subject, reason)
            self.queue.finish(connection, self.claim)

    def _give_back(self) -> None:
        with self.queue.fenced(self.claim) as connection:
            delay = self._poll_seconds(facts.clock(connection).timestamp())
            self.queue.give_back(connection, self.claim, delay_seconds=delay)

    def _look_later(self) -> None:
        with self.queue.fenced(self.claim) as connection:
            delay = self._poll_seconds(facts.clock(connection).timestamp())
            self.queue.go_on(connection, self.claim, delay_seconds=delay)

    def _finish(self) -> None:
        with self.queue.fenced(self.claim) as connection:
            self.queue.finish(connection, self.claim)

    def _poll_seconds(self, now: float) -> float:
        return self.session.polling.pause(now - (self.run.started_at or now))

    def _log(self, message: str, event: str) -> None:
        logger.info(message, extra={"event": event, "run_id": self.claim.subject})
