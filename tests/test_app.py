"""create_app: makes a whole service from settings; two services share nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from support import until

from forecast_service.app import create_app
from forecast_service.errors import ConfigurationError
from forecast_service.settings import Settings

NOT_FOR_READERS = (
    *("pandas", "lightgbm", "prophet", "holidays", "statsmodels", "scipy", "sklearn", "boto3"),
    *(
        f"forecast_service.engine.{name}"
        for name in (
            "auto.auto_algorithm",
            "backtest",
            "boosted",
            "pooled",
            "retrain",
            "sharding",
            "train",
        )
    ),
    *(f"forecast_service.{name}" for name in ("cli", "local.jobs.training", "upkeep", "worker")),
)
IMPORT = "import sys, forecast_service.app"
CREATE = "app = forecast_service.app.create_app()"
PRINT = "print(*sys.modules)"


def test_two_apps_in_one_process_do_not_share_counters(tmp_path: Path) -> None:
    first, second = (create_app(Settings(home=tmp_path / name)) for name in ("a", "b"))

    first.test_client().get("/healthz")

    assert 'route="/healthz"' not in second.test_client().get("/metrics").text
    for app in (first, second):
        app.extensions["forecast_service"].close()


def test_settings_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECAST_HOME", str(tmp_path / "home"))

    app = create_app()

    assert (tmp_path / "home" / "forecast.db").exists()
    app.extensions["forecast_service"].close()


def test_a_wrong_variable_refuses_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECAST_PROT", "5000")

    with pytest.raises(ConfigurationError) as caught:
        create_app()

    assert str(caught.value) == (
        "Unknown setting FORECAST_PROT. Did you mean FORECAST_PORT? docs/configuration.md lists "
        "all settings."
    )


def test_every_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECAST_HORIZN", "7")
    monkeypatch.setenv("FORECAST_XYZZY", "7")

    with pytest.raises(ConfigurationError) as caught:
        create_app()

    assert str(caught.value) == (
        "Unknown setting FORECAST_HORIZN. Did you mean FORECAST_HORIZON? Unknown setting "
        "FORECAST_XYZZY. Unset it. docs/configuration.md lists all settings."
    )


def test_errors_are_answered_and_not_raised(tmp_path: Path) -> None:
    app = create_app(Settings(home=tmp_path))

    assert app.testing is False
    assert app.config["PROPAGATE_EXCEPTIONS"] is False
    app.extensions["forecast_service"].close()


def modules_after(*statements: str, home: Path) -> set[str]:
    """Names of the modules that a new interpreter imports with these statements."""
    command = [sys.executable, "-c", "; ".join([*statements, PRINT])]
    environment = {**os.environ, "FORECAST_HOME": str(home)}
    finished = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return set(finished.stdout.split())


@pytest.mark.parametrize("statements", [(IMPORT,), (IMPORT, CREATE)], ids=["import", "create"])
def test_a_web_process_imports_nothing_that_only_training_needs(
    tmp_path: Path, statements: tuple[str, ...]
) -> None:
    modules = modules_after(*statements, home=tmp_path)

    heavy = {
        module
        for module in modules
        for name in NOT_FOR_READERS
        if module == name or module.startswith(f"{name}.")
    }
    assert "forecast_service.app" in modules
    assert heavy == set()


def test_alembic_is_imported_only_to_migrate(tmp_path: Path) -> None:
    first = modules_after(IMPORT, CREATE, home=tmp_path)
    second = modules_after(IMPORT, CREATE, home=tmp_path)

    assert "alembic" in first
    assert "alembic" not in second


def test_the_module_serves_by_itself(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    environment = {**os.environ, "FORECAST_HOME": str(tmp_path), "FORECAST_PORT": str(port)}
    command = [sys.executable, "-m", "forecast_service.app"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        answer = until(lambda: answer_of(f"http://127.0.0.1:{port}/healthz"))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()

    assert answer == b'{"status":"ok"}'


def answer_of(url: str) -> bytes | None:
    """The body of the answer; None without an answer."""
    try:
        with urllib.request.urlopen(url) as response:
            body: bytes = response.read()
            return body
    except OSError:
        return None
