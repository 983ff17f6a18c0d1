"""Pictures of every page: python scripts/screenshots.py FOLDER [SALES FUTURE STORES | URL]."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

# Name of the picture, address, and what is there once the page is complete.
PAGES = (
    ("overview", "/", ".stores tbody tr"),
    ("store", "/store/7", "#days tbody tr"),
    ("login", "/login", "#login"),
    ("upload", "/upload", "main"),
    ("activity", "/activity", "main"),
    ("status", "/status", "main"),
    ("accuracy", "/accuracy-report", "main"),
    ("admin", "/admin", "main"),
)
THEMES = ("light", "dark")
LOCALES = {"en": "en-GB", "de": "de-DE"}
WIDTHS = {1440: 900, 390: 844}
START_SECONDS = 1800


@contextmanager
def served(files: list[str]) -> Iterator[str]:
    """The address of a service with the sample, or with these files."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    sales = [*files[:2], "--stores", files[2]] if files else []
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            [sys.executable, "-m", "forecast_service", "run", *sales, "--port", str(port)],
            env={**os.environ, "FORECAST_HOME": home},
            stdout=subprocess.DEVNULL,
        )
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(address, process)
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/readyz?forecast=1", timeout=5).close()  # noqa: S310
            return
        except urllib.error.URLError:
            time.sleep(0.5)
    sys.exit("The service did not start.")


def saved_scenario(address: str) -> str:
    """The path of a scenario of store 7: what is off on its first day is on."""
    with urllib.request.urlopen(f"{address}/stores/7/outlook", timeout=60) as answer:  # noqa: S310
        outlook = json.load(answer)
    flags = (each for each in outlook["plan"] if each["kind"] == "flag")
    flag = next(each for each in flags if each["values"][0] == 0)
    day = outlook["forecast"]["date"][0]
    change = {"covariate": flag["covariate"], "value": 1, "from": day}
    body = {"name": f"{flag['label']} …", "store_number": 7, "changes": [change]}
    request = urllib.request.Request(  # noqa: S310
        f"{address}/scenarios", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return f"/scenario/{json.load(answer)['id']}"


def take(browser: Browser, address: str, folder: Path) -> Iterator[Path]:
    """Take all pictures."""
    pages = (*PAGES, ("scenario", saved_scenario(address), "#days tbody tr"))
    for theme, (language, locale), (width, height) in itertools.product(
        THEMES, LOCALES.items(), WIDTHS.items()
    ):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale=locale,
            color_scheme="dark" if theme == "dark" else "light",
        )
        page = context.new_page()
        for name, path, complete in pages:
            if _opens(page, address + path, complete):
                picture = folder / f"{name}-{width}-{theme}-{language}.png"
                page.screenshot(path=picture, full_page=True)
                yield picture
        context.close()


def _opens(page: Page, url: str, complete: str) -> bool:
    response = page.goto(url)
    if response is None or response.status != 200:
        return False
    page.locator(complete).first.wait_for()
    page.wait_for_load_state("networkidle")
    return True


def main(folder: str, *files: str) -> None:
    """Take pictures of a service of its own, or of the one at an address."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    is_running = bool(files) and files[0].startswith("http")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        if is_running:
            pictures = list(take(browser, files[0], Path(folder)))
        else:
            with served(list(files)) as address:
                pictures = list(take(browser, address, Path(folder)))
    print(f"{len(pictures)} pictures in {folder}")


if __name__ == "__main__":
    main(*sys.argv[1:])
