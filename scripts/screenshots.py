"""Pictures of every page: python scripts/screenshots.py FOLDER [SALES FUTURE STORES | URL]."""

from __future__ import annotations

import itertools
import json
import math
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
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

# Name of the picture, and its address.
PAGES = {
    "overview": "/",
    "store": "/store/{store}",
    "login": "/login",
    "upload": "/upload",
    "activity": "/activity",
    "status": "/status",
    "accuracy": "/accuracy-report",
    "admin": "/admin",
    "keys": "/admin?tab=keys",
    "audit": "/admin?tab=audit",
    "account": "/account",
}
ITEM_PAGES = {"items": "/store/{store}#items", "item": "/store/{store}/item/{item}"}
# Every page says so when it shows what it asked for; a part may still be read.
FINISHED = "main[data-finished]:not(:has(.skeleton))"
THEMES = ("light", "dark")
LOCALES = {"en": "en-GB", "de": "de-DE"}
WIDTHS = {1440: 900, 390: 844}
START_SECONDS = 1800
ITEMS = {"milk": 220, "bread": 140, "yoghurt": 90, "butter": 60, "coffee": 35, "tea": 18}


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
            env={**os.environ, "FORECAST_HOME": home, "FORECAST_LOG_LEVEL": "WARNING"},
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


def _get(address: str) -> dict[str, Any]:
    with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310
        document: dict[str, Any] = json.load(answer)
    return document


def saved_scenario(address: str, store: int | str) -> str:
    """The path of a scenario of the store: what is off on its first day is on."""
    outlook = _get(f"{address}/stores/{store}/outlook")
    flags = (each for each in outlook["plan"] if each["kind"] == "flag")
    flag = next(each for each in flags if each["values"][0] == 0)
    day = outlook["forecast"]["date"][0]
    change = {"covariate": flag["covariate"], "value": 1, "from": day}
    body = {"name": f"{flag['label']} …", "store_number": store, "changes": [change]}
    request = urllib.request.Request(  # noqa: S310
        f"{address}/scenarios", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return f"/scenario/{json.load(answer)['id']}"


def pages_of(address: str) -> dict[str, str]:
    """Name and path of every page of a service; of one that sells items, only theirs."""
    stores = [
        row["store_number"] for row in _get(f"{address}/overview?sort=store_number")["stores"]
    ]
    store = 7 if 7 in stores else stores[0]
    items = _get(f"{address}/stores/{store}/items")["items"]
    if items:
        return {n: p.format(store=store, item=items[0]["item"]) for n, p in ITEM_PAGES.items()}
    paths = {name: path.format(store=store) for name, path in PAGES.items()}
    return {**paths, "scenario": saved_scenario(address, store)}


def take(browser: Browser, address: str, folder: Path) -> Iterator[Path]:
    """Take all pictures."""
    pages = pages_of(address)
    for theme, (language, locale), (width, height) in itertools.product(
        THEMES, LOCALES.items(), WIDTHS.items()
    ):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale=locale,
            color_scheme="dark" if theme == "dark" else "light",
        )
        page = context.new_page()
        for name, path in pages.items():
            page.goto(address + path)
            page.locator(FINISHED).wait_for()
            page.evaluate("scrollTo(0, 0)")
            picture = folder / f"{name}-{width}-{theme}-{language}.png"
            page.screenshot(path=picture, full_page=True)
            yield picture
        context.close()


def item_files(folder: Path) -> list[str]:
    """Files of two stores that sell items: sales until yesterday, coming days, stores."""
    today = datetime.now(UTC).date()
    lines: dict[str, list[str]] = {"sales": [], "future": []}
    for store, (item, usual), index in itertools.product((1, 2), ITEMS.items(), range(-364, 28)):
        day = today + timedelta(days=index)
        promoted = int(item == "milk" and day.toordinal() // 7 % 3 == 0)
        wave = 1 + 0.2 * math.sin(index * 1.7) + 0.1 * math.sin(index / 58)
        sold = usual * store * wave * (1.4 if promoted else 1.0) * (1.3 if day.weekday() > 3 else 1)
        sales = f"{round(sold)}," if index < 0 else ""
        kind = "sales" if index < 0 else "future"
        lines[kind].append(f"{store},{item},{day},{sales}{promoted}\n")
    heads = {"sales": "Store,Item,Date,Sales,Promo\n", "future": "Store,Item,Date,Promo\n"}
    texts = {name: heads[name] + "".join(rows) for name, rows in lines.items()}
    texts["stores"] = "Store,Name,Region\n1,Altona,north\n2,Bogenhausen,south\n"
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return [str(folder / f"{name}.csv") for name in ("sales", "future", "stores")]


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
            with tempfile.TemporaryDirectory() as items, served(item_files(Path(items))) as address:
                pictures += take(browser, address, Path(folder))
    print(f"{len(pictures)} pictures in {folder}")


if __name__ == "__main__":
    main(*sys.argv[1:])
