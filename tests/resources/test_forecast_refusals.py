"""Bodies and queries of /forecast that are refused before anything is read."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Refusal


class TestRefusedBodies:
    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({}, ""),
            ({"store_number": 1, "store_numbers": [1]}, ""),
            ({"store_number": None}, ""),
            ({"store_number": True}, "/store_number"),
            ({"store_number": 1.5}, "/store_number"),
            ({"store_number": ""}, "/store_number"),
            ({"store_number": "a\u0000b"}, "/store_number"),
            ({"store_number": "x" * 257}, "/store_number"),
            ({"store_numbers": []}, "/store_numbers"),
            ({"store_numbers": [1, {}]}, "/store_numbers/1"),
            ({"store_number": 1, "forecast_start_date": "soon"}, "/forecast_start_date"),
            ({"store_number": 1, "forecast_start_date": "2015-02-30"}, "/forecast_start_date"),
            ({"store_number": 1, "forecast_end_date": 20150801}, "/forecast_end_date"),
            ({"store_number": 1, "a/b": 1}, "/a~1b"),
            ([1], ""),
            ("1", ""),
        ],
    )
    def test_point_to_what_is_wrong(self, rejection: Refusal, body: Any, pointer: str) -> None:
        problem = rejection("POST", "/forecast", 422, json=body)

        assert problem["errors"][0]["pointer"] == pointer

    def test_a_field_of_two_types_is_one_finding(self, rejection: Refusal) -> None:
        problem = rejection("POST", "/forecast", 422, json={"store_number": True})

        assert problem["detail"] == (
            "'/store_number' in the body is not allowed: send a whole number or text, not true."
        )

    def test_an_unknown_field_is_named(self, rejection: Refusal) -> None:
        problem = rejection("POST", "/forecast", 422, json={"store_number": 1, "stoer": 2})

        assert problem["type"] == "urn:forecast-service:unknown-field"
        assert problem["errors"][0]["pointer"] == "/stoer"
        assert problem["detail"] == (
            "'/stoer' in the body is unknown; allowed are 'store_number', 'store_numbers', "
            "'forecast_start_date', 'forecast_end_date', 'item', 'limit', 'after'."
        )

    @pytest.mark.parametrize("data", [b"{", b"[" * 100_000, b"\xff\xfe", b'{"store_number": NaN}'])
    def test_that_are_no_json_are_400(self, rejection: Refusal, data: bytes) -> None:
        problem = rejection("POST", "/forecast", 400, data=data, content_type="application/json")

        assert "not valid JSON" in problem["detail"]

    def test_of_another_type_are_415(self, rejection: Refusal) -> None:
        rejection("POST", "/forecast", 415, data="store_number=1", content_type="text/plain")

    def test_that_are_too_long_are_413(self, rejection: Refusal) -> None:
        data = b" " * (8 * 1024 * 1024 + 1)

        rejection("POST", "/forecast", 413, data=data, content_type="application/json")

    def test_a_parameter_sent_twice_is_refused(self, rejection: Refusal) -> None:
        problem = rejection("GET", "/forecast?store_number=1&limit=2&limit=3", 422)

        assert problem["detail"] == "'limit' is sent 2 times. Send it once."
