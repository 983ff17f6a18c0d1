"""Damage: stored files that are lost, or are not as they were written, and what helps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from forecast_service.accounts.aws_secrets import FILE, AwsSecrets
from forecast_service.accounts.tables import api_keys
from forecast_service.common.disks import is_full
from forecast_service.common.instants import utc_text
from forecast_service.common.wording.coded import say
from forecast_service.engine import archive
from forecast_service.local import catalog
from forecast_service.local.calls import ACTIVE
from forecast_service.local.jobs.forecast_models import damaged_file, served_model_paths
from forecast_service.local.kinds import PREDICTOR
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.groups import read_group
from forecast_service.storage.manifest import SnapshotFile
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.tables import imports

__all__ = ["Damage", "find_damage", "shortcomings"]

SAME_COMMIT_SECONDS = 5.0  # an import and its snapshots get their times in one transaction
ALL_AGAIN = say("all_data_again")
NOT_NEEDED = "Nothing needs it any more."
TRAIN = say("next_training")
NEXT_FORECAST = say("next_forecast")
NEW_KEYS = "Restore the file from a backup, or make these keys anew."


@dataclass(frozen=True)
class Damage:
    """A stored file that cannot be used."""

    path: str
    """Relative to FORECAST_HOME."""
    content: str
    """What is in it, in a few words."""
    problem: str
    """``is missing``, ``is damaged`` …"""
    remedy: str
    is_needed: bool
    """Whether answers, trainings or imports need it now."""

    def sentence(self, *, with_path: bool = True) -> str:
        """What is damaged, and what helps; without the path for those who cannot see the disk."""
        if with_path:
            return f"'{self.path}' ({self.content}) {self.problem}. {self.remedy}"
        return say("damaged_file", content=self.content, problem=self.problem, remedy=self.remedy)


def find_damage(settings: Settings, database: Database) -> list[Damage]:
    """Every damaged file that the database names; the files that are needed come first."""
    found = [
        *_snapshots(settings.home, database),
        *_models(settings, database),
        *_waiting_imports(settings.home, database),
        *_aws_access_keys(settings.home, database),
    ]
    return sorted(found, key=lambda damage: not damage.is_needed)


def shortcomings(settings: Settings, database: Database) -> list[str]:
    """What keeps the service from working fully, as sentences without a path."""
    found = find_damage(settings, database)
    sentences = [damage.sentence(with_path=False) for damage in found if damage.is_needed]
    if is_full(settings.home):
        sentences.append(say("disk_full"))
    return sentences


def _snapshots(home: Path, database: Database) -> Iterator[Damage]:
    files = SnapshotStore(database, home).files()
    base = {file.dataset: file.version for file in files if file.kind == "base"}
    for file in files:
        problem = file.problem(home)
        if problem is not None:
            is_needed = file.version >= base.get(file.dataset, 0)
            remedy = ALL_AGAIN if is_needed else NOT_NEEDED
            content = f"{_name(file)}, {_origin(file, database)}"
            yield Damage(file.path, content, problem, remedy, is_needed)


def _name(file: SnapshotFile) -> str:
    """``sales``, ``covariates``, or the name of a dataset."""
    kind, _, group = file.dataset.partition(":")
    return f"dataset {file.dataset.rpartition('/')[2]}" if kind == "arn" else f"{kind} of {group}"


def _origin(file: SnapshotFile, database: Database) -> str:
    """The import that a file comes from."""
    statement = sa.select(imports.c.files).where(
        imports.c.state == "done",
        sa.func.abs(imports.c.finished_at - file.created_at) < SAME_COMMIT_SECONDS,
    )
    with database.read() as connection:
        sent = connection.execute(statement.limit(1)).scalar()
    names = ", ".join(Path(path).name for path in (sent or {}).values())
    named = f" ({names})" if names else ""
    return f"{file.rows:,} rows imported at {utc_text(file.created_at)}{named}"


def _models(settings: Settings, database: Database) -> Iterator[Damage]:
    with database.read() as connection:
        group = read_group(connection, settings.dataset_group)
        arn = "" if group is None else group.arn
        predictors = catalog.of_group(connection, arn, PREDICTOR.word)
        served = served_model_paths(connection)
    active = [predictor for predictor in predictors if predictor.status == ACTIVE]
    for predictor in active[-1:]:
        damaged = damaged_file(settings.home, predictor)
        if damaged is not None:
            yield Damage(damaged[0], say("model_of_predictor"), damaged[1], TRAIN, True)
    for path in served:
        problem = archive.problem_of(settings.home / path)
        if problem is not None:
            yield Damage(path, say("model_of_forecast"), problem, NEXT_FORECAST, True)


def _waiting_imports(home: Path, database: Database) -> Iterator[Damage]:
    statement = sa.select(imports.c.files).where(imports.c.state.in_(("waiting", "reading")))
    with database.read() as connection:
        waiting = connection.execute(statement).scalars().all()
    for path in (path for files in waiting for path in files.values()):
        if not (home / path).is_file():
            content = say("file_of_import")
            yield Damage(path, content, say("is_missing"), say("send_again"), True)


def _aws_access_keys(home: Path, database: Database) -> Iterator[Damage]:
    columns = api_keys.c
    has_one = sa.and_(columns.aws_access_key_id.is_not(None), columns.revoked_at.is_(None))
    chosen = columns.name, columns.aws_access_key_id, columns.aws_digest
    with database.read() as connection:
        rows = connection.execute(sa.select(*chosen).where(has_one).order_by(columns.name)).all()
    secrets = AwsSecrets(home)
    lost = [name for name, *known in rows if secrets.known_secret(*known) is None]
    if lost:
        content = f"secrets of the AWS access keys {', '.join(map(repr, lost))}"
        problem = "is another file" if secrets.file.exists() else say("is_missing")
        yield Damage(str(FILE), content, problem, NEW_KEYS, is_needed=False)
