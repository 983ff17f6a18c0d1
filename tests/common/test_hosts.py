"""Names of hosts: what is this machine, and what only looks like it."""

from __future__ import annotations

import pytest

from forecast_service.common.hosts import is_local_name, split_host


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("localhost", ("localhost", None)),
        ("LocalHost.:80", ("localhost", 80)),
        ("[::1]:5000", ("::1", 5000)),
        ("10.0.0.1:5000", ("10.0.0.1", 5000)),
        ("", ("", None)),
        ("[", ("", None)),
        ("a:b", ("", None)),
        ("localhost/x", ("", None)),
        ("localhost?x", ("", None)),
        ("evil@localhost", ("", None)),
    ],
)
def test_a_host_is_a_name_and_a_port(text: str, parts: tuple[str, int | None]) -> None:
    assert split_host(text) == parts


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
def test_names_of_this_machine(name: str) -> None:
    assert is_local_name(name)


@pytest.mark.parametrize("name", ["", "0.0.0.0", "::", "10.0.0.1", "localhost.evil", "2130706433"])
def test_names_that_are_not_this_machine(name: str) -> None:
    assert not is_local_name(name)
