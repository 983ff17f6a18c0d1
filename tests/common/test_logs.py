"""Logs: one JSON object per record, with its extra fields."""

from __future__ import annotations

import json
import logging

import pytest

from forecast_service.common.logs import JsonFormatter, StderrHandler, configure_logging, request_id


def formatted(**extra: object) -> dict[str, object]:
    """The members of a record that was formatted with these extra fields."""
    record = logging.makeLogRecord({"msg": "run %s ended", "args": ("r1",), "name": "x", **extra})
    members: dict[str, object] = json.loads(JsonFormatter().format(record))
    return members


def test_a_line_contains_the_message_and_the_extra_fields() -> None:
    members = formatted(event="run_ended", series=3, created=0.0)

    assert members["message"] == "run r1 ended"
    assert (members["event"], members["series"], members["at"]) == (
        "run_ended",
        3,
        "1970-01-01T00:00:00Z",
    )


def test_a_line_of_a_request_has_its_id() -> None:
    token = request_id.set("abc")
    try:
        assert formatted()["request_id"] == "abc"
    finally:
        request_id.reset(token)


def test_a_line_break_cannot_forge_a_second_line() -> None:
    record = logging.makeLogRecord({"msg": "store '%s'", "args": ('1\n{"level": "ERROR"}',)})

    assert "\n" not in JsonFormatter().format(record)


def test_values_without_a_json_form_are_written_as_text() -> None:
    assert formatted(kind=ValueError)["kind"] == "<class 'ValueError'>"


def test_configuring_twice_writes_each_line_once(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = list(root.handlers), root.level
    try:
        configure_logging("INFO")
        configure_logging("WARNING")
        logging.getLogger("anything").warning("once")
        logging.getLogger("anything").info("never")
    finally:
        root.handlers[:], level = before
        root.setLevel(level)

    assert capsys.readouterr().err.count('"once"') == 1
    assert "never" not in capsys.readouterr().err


def test_the_handler_follows_a_redirected_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    handler = StderrHandler()
    handler.handle(logging.makeLogRecord({"msg": "here"}))

    assert "here" in capsys.readouterr().err
