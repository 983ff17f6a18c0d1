"""ARNs and the identifiers inside them."""

from __future__ import annotations

import time

from forecast_service.local.arns import algorithm_arn, arn_of, ulid
from forecast_service.settings import Settings


def test_an_arn_names_region_and_account() -> None:
    settings = Settings(region="us-east-1", account_id="123456789012")

    arn = arn_of(settings, "dataset-import-job", "sales", "first")

    assert arn == "arn:aws:forecast:us-east-1:123456789012:dataset-import-job/sales/first"


def test_an_algorithm_has_no_region_and_no_account() -> None:
    assert algorithm_arn("Prophet") == "arn:aws:forecast:::algorithm/Prophet"


def test_identifiers_are_new_and_sort_by_time() -> None:
    first = ulid()
    time.sleep(0.002)
    second = ulid()

    assert len({ulid() for _ in range(1000)}) == 1000
    assert len(first) == 26
    assert first < second
