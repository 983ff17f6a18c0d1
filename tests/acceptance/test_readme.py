"""The commands of the README, run in order; their output is compared with the shown one."""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from .served import free_port

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
START_SECONDS = 1200
VARIES = re.compile(r"[0-9a-f]{20}|\d[\d,]*(?:\.\d+)?")


class Shown:
    """A command of the README and its shown output."""

    def __init__(self, text: str) -> None:
        self.command, _, self.output = text.partition("\n")

    def missing_from(self, real: str) -> list[str]:
        """Parts of the shown output, split at '…', that the real output lacks in this order."""
        rest, missing = as_pattern(real), []
        for line in self.output.splitlines():
            for piece in filter(None, map(str.strip, as_pattern(line).split("…"))):
                before, found, after = rest.partition(piece)
                rest = after if found else before
                if not found:
                    missing.append(piece)
        return missing


def as_pattern(text: str) -> str:
    """The text with '#' in place of numbers and identifiers."""
    return VARIES.sub("#", text)


BLOCKS = re.findall(r"^```console\n\$ (.*?)^```", README, re.MULTILINE | re.DOTALL)
SHOWN = [Shown(part) for block in BLOCKS for part in re.split(r"^\$ ", block, flags=re.MULTILINE)]


@pytest.fixture(scope="module")
def port() -> str:
    return str(free_port())


@pytest.fixture(scope="module")
def environment(port: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A clean environment with its own home and port."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("FORECAST_", "AWS_"))}
    home = tmp_path_factory.mktemp("home")
    return {**kept, "FORECAST_HOME": str(home), "FORECAST_PORT": port}


@pytest.fixture(scope="module")
def started(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Run `scripts/run` with the sample data until it serves; return its output file."""
    log = tmp_path_factory.mktemp("log") / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            ["bash", "-c", f"exec {SHOWN[0].command}"],
            cwd=ROOT,
            env=environment,
            stdout=file,
            stderr=file,
        )
    deadline = time.monotonic() + START_SECONDS
    while "Serving at" not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(f"{SHOWN[0].command} did not serve:\n{log.read_text()}")
        time.sleep(0.2)
    yield log
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=300) == 0


@pytest.mark.timeout(2400)
def test_the_first_command_makes_data_trains_and_serves(started: Path) -> None:
    assert SHOWN[0].command == "scripts/run"
    assert SHOWN[0].missing_from(started.read_text()) == []


@pytest.mark.timeout(2400)
def test_the_shown_output_is_the_real_output(
    started: Path, environment: dict[str, str], port: str
) -> None:
    script = "\n".join(
        f"echo '== {number}'; {shown.command}; echo" for number, shown in enumerate(SHOWN[1:], 1)
    ).replace(":5000", f":{port}")

    finished = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"exec 2>&1\n{script}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 0, finished.stdout
    answers = re.split(r"^== \d+\n", finished.stdout, flags=re.MULTILINE)[1:]
    wrong = {
        shown.command: missing
        for shown, answer in zip(SHOWN[1:], answers, strict=True)
        if (missing := shown.missing_from(answer))
    }
    assert wrong == {}


@pytest.mark.slow
def test_the_line_for_cron_runs_as_printed(tmp_path: Path) -> None:
    """As cron does: with a short PATH, from the home folder, without any other setting."""
    clone = tmp_path / "forecast-service"
    clone.mkdir()
    (clone / ".venv").symlink_to(ROOT / ".venv")
    command = [clone / ".venv" / "bin" / "forecast-service", "import", tmp_path / "first.csv"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    write_sales(tmp_path / "first.csv", range(60))
    subprocess.run(command, cwd=clone, env=environment, check=True, capture_output=True)
    write_sales(tmp_path / "yesterday.csv", [60])

    finished = subprocess.run(
        ["/bin/sh", "-c", cron_line(README)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 0, finished.stderr
    assert "started" in finished.stderr
    stores = subprocess.run(
        [*command[:1], "stores"], cwd=clone, env=environment, check=True, capture_output=True
    )
    assert stores.stdout.decode().splitlines()[1].split("\t")[3:] == ["2026-03-02", "61"]
    assert {path.name for path in clone.iterdir()} == {".venv", "var"}
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.glob("*/matplotlib")}
    assert left <= {".cache/matplotlib", ".config/matplotlib"}  # named by the README
    others = {path.name for path in tmp_path.iterdir()} - {".cache", ".config"}
    assert others == {clone.name, "first.csv", "yesterday.csv"}


def cron_line(document: str) -> str:
    """The command of the line for cron."""
    (line,) = re.findall(r"^    0 6 \* \* \*  (.+)$", document, re.MULTILINE)
    return str(line)


def write_sales(path: Path, days: Iterable[int]) -> None:
    """Sales of one store, which repeat weekly, on these days after 1 January 2026."""
    first = dt.date(2026, 1, 1)
    rows = [f"1,{first + dt.timedelta(days=day)},{100 + 10 * (day % 7)}" for day in days]
    path.write_text("\n".join(["store,date,sales", *rows]) + "\n", encoding="utf-8")
