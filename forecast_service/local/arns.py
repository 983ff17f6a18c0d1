"""Amazon Resource Names of the local Amazon Forecast."""

from __future__ import annotations

import secrets
import time

from forecast_service.settings import Settings

__all__ = ["ALGORITHMS", "OURS", "algorithm_arn", "arn_of", "arn_prefix", "prefix_of", "ulid"]

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
OURS = ("Pooled", "Seasonal_Naive", "TSB")
"""Algorithms that Amazon does not have."""
ALGORITHMS = ("ARIMA", "ETS", "NPTS", "Prophet", *OURS)
"""Algorithms that work here. The engine and the settings write them in lower case."""


def arn_of(settings: Settings, word: str, *path: str) -> str:
    """The ARN of a resource: ``arn_of(settings, "dataset", "sales")``."""
    return arn_prefix(settings) + "/".join((word, *path))


def arn_prefix(settings: Settings) -> str:
    """The beginning of all ARNs of one region and account."""
    return prefix_of(settings.region, settings.account_id)


def prefix_of(region: str, account_id: str) -> str:
    """The beginning of all ARNs of this region and account."""
    return f"arn:aws:forecast:{region}:{account_id}:"


def algorithm_arn(name: str) -> str:
    """The ARN of an algorithm, which has no region and no account."""
    return f"arn:aws:forecast:::algorithm/{name}"


def ulid() -> str:
    """A unique identifier of 26 characters that sorts by time, as in ARNs of auto predictors."""
    number = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(125, -5, -5))
