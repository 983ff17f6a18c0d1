"""The earlier training that a new one may keep: that of the newest predictor asked for the same."""

from __future__ import annotations

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

__all__ = ["Earlier", "earlier_training"]


@dataclass(frozen=True)
class Earlier:
    """``trained`` and its ``predictor`` are None without one; ``notes`` name what is unusable."""

    trained: Trained | None = None
    predictor: Resource | None = None
    notes: tuple[str, ...] = ()

    def kept_from(self, trained: Trained) -> str | None:
        """ARN of the predictor of which a training that was offered this one kept something."""
        return self.predictor.arn if self.predictor is not None and trained.keeps else None

    def notes_of(self, trained: Trained) -> list[str]:
        """What to say of a training that was offered this one."""
        if self.predictor is None or not trained.keeps:
            return [*self.notes, *trained.notes]
        kept = f"What did not change was kept from predictor '{self.predictor.name}'."
        return [*self.notes, kept, *trained.notes]


def earlier_training(job: Job, config: PredictorConfig) -> Earlier:
    """That of the newest ACTIVE predictor of the group with this configuration and whole files."""
    with job.database.read() as connection:
        group = catalog.of_group(connection, config.dataset_group_arn, PREDICTOR.word)
    notes: list[str] = []
    for predictor in reversed(group):
        if predictor.status != ACTIVE or configuration_of(predictor) != config:
            continue
        try:
            return Earlier(load_trained(job.settings.home, predictor), predictor, tuple(notes))
        except InvalidData as error:
            notes.append(f"Nothing of predictor '{predictor.name}' was kept: {error.detail}")
    return Earlier(notes=tuple(notes))
