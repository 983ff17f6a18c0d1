"""The earlier training from which a new one may keep parts."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from forecast_service.engine.training_result import Trained
from forecast_service.errors import InvalidData
from forecast_service.local import catalog
from forecast_service.local.calls import ACTIVE
from forecast_service.local.catalog import Resource
from forecast_service.local.jobs.job import Job
from forecast_service.local.jobs.predictor_config import PredictorConfig, configuration_of
from forecast_service.local.jobs.predictor_models import load_trained
from forecast_service.local.kinds import PREDICTOR

__all__ = ["EarlierTraining", "earlier_training"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class EarlierTraining:
    """An earlier training and its predictor, both None if there is none.

    ``notes`` name predictors that could not be used.
    """

    trained: Trained | None = None
    predictor: Resource | None = None
    notes: tuple[str, ...] = ()

    def kept_from(self, trained: Trained) -> str | None:
        """ARN of the earlier predictor if the new training ``trained`` kept parts of it."""
        return self.predictor.arn if self.predictor is not None and trained.keeps else None

    def notes_of(self, trained: Trained) -> list[str]:
        """Notes for the new training ``trained``."""
        if self.predictor is None or not trained.keeps:
            return [*self.notes, *trained.notes]
        kept = f"What did not change was kept from predictor '{self.predictor.name}'."
        return [*self.notes, kept, *trained.notes]


def earlier_training(job: Job, config: PredictorConfig) -> EarlierTraining:
    """The training of the group's newest ACTIVE predictor with this configuration.

    A predictor with damaged or old files is skipped with a note.
    """
    with job.database.read() as connection:
        predictors = catalog.of_group(connection, config.dataset_group_arn, PREDICTOR.word)
    notes: list[str] = []
    for predictor in reversed(predictors):
        if predictor.status != ACTIVE or configuration_of(predictor) != config:
            continue
        try:
            return EarlierTraining(
                load_trained(job.settings.home, predictor), predictor, tuple(notes)
            )
        except InvalidData as error:
            notes.append(f"Nothing was kept from predictor '{predictor.name}': {error.detail}")
            logger.warning("%s", notes[-1], extra={"event": "predictor_unreadable"})
    return EarlierTraining(notes=tuple(notes))
