"""Tags of resources and the rules for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from forecast_service.local.errors import InvalidInput, TooMany
from forecast_service.storage.tables import tags

__all__ = ["add", "of", "remove"]

MAX_TAGS = 50  # per resource; the model allows 200 in one request
RESERVED_PREFIX = "aws:"


def add(connection: sa.Connection, arn: str, new: Sequence[Mapping[str, str]]) -> None:
    """Set tags; an existing key gets the new value.

    Raises
    ------
    InvalidInput
        A key is there twice, or starts with ``aws:`` in upper or lower case.
    TooMany
        The resource would have more than 50 tags.
    """
    if not new:
        return
    _check_keys([tag["Key"] for tag in new])
    merged = {tag["Key"]: tag["Value"] for tag in (*of(connection, arn), *new)}
    if len(merged) > MAX_TAGS:
        raise TooMany(
            f"'{arn}' would have {len(merged)} tags; at most {MAX_TAGS} are allowed. "
            "Remove some with UntagResource."
        )
    remove(connection, arn, [tag["Key"] for tag in new])
    rows = [{"arn": arn, "key": tag["Key"], "value": tag["Value"]} for tag in new]
    connection.execute(sa.insert(tags), rows)


def of(connection: sa.Connection, arn: str) -> list[dict[str, str]]:
    """The tags of a resource, by key."""
    statement = sa.select(tags.c.key, tags.c.value).where(tags.c.arn == arn)
    # Sorted here, because databases order letters differently.
    return [{"Key": key, "Value": value} for key, value in sorted(connection.execute(statement))]


def remove(connection: sa.Connection, arn: str, keys: Sequence[str]) -> None:
    """Remove tags by key; absent keys are ignored."""
    connection.execute(sa.delete(tags).where(tags.c.arn == arn, tags.c.key.in_(keys)))


def _check_keys(keys: Sequence[str]) -> None:
    twice = [key for key, count in Counter(keys).items() if count > 1]
    if twice:
        raise InvalidInput(f"Tag key '{twice[0]}' is given twice. Give each key once.")
    reserved = [key for key in keys if key.lower().startswith(RESERVED_PREFIX)]
    if reserved:
        raise InvalidInput(
            f"Tag key '{reserved[0]}' starts with '{RESERVED_PREFIX}', which is reserved for AWS. "
            "Use another prefix."
        )
