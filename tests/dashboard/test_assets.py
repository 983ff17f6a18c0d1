"""Assets: kept for ever under their digest, compressed, and those that npm has."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forecast_service.dashboard.assets import FOLDER, Assets
from forecast_service.dashboard.frame import PAGES


@pytest.fixture
def browser(empty_app: Flask) -> FlaskClient:
    """A client that can unpack."""
    client = empty_app.test_client()
    client.environ_base["HTTP_ACCEPT_ENCODING"] = "gzip"
    return client


@pytest.mark.parametrize("address", [address for address, _ in PAGES])
def test_every_file_that_a_page_names_is_served_for_ever(
    browser: FlaskClient, address: str
) -> None:
    page = gzip.decompress(browser.get(re.sub("<.*?>", "1", address)).data).decode()
    names = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)

    assert len(names) >= 5
    for name in names:
        response = browser.get(name)
        assert response.status_code == 200, name
        assert "immutable" in response.headers["Cache-Control"]


def test_a_page_is_not_sent_again_while_it_is_the_same(browser: FlaskClient) -> None:
    first = browser.get("/")

    assert browser.get("/", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_another_language_is_another_page(browser: FlaskClient) -> None:
    first = browser.get("/")
    second = browser.get("/", headers={"Accept-Language": "de"})

    assert first.headers["ETag"] != second.headers["ETag"]
    assert {"Accept-Language", "Cookie"} <= set(first.vary)


def test_a_changed_file_changes_every_address(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a{}")
    before = Assets(tmp_path).address
    (tmp_path / "a.css").write_text("b{}")

    assert Assets(tmp_path).address != before


def test_files_under_another_digest_are_not_kept(browser: FlaskClient) -> None:
    assert browser.get("/static/old/style.css").headers["Cache-Control"] == "no-cache"
    assert browser.get("/static/old/none.css").status_code == 404
    assert browser.get("/static/old/../frame.py").status_code == 404


def test_files_of_others_are_unchanged() -> None:
    lines = (FOLDER / "vendor" / "checksums.txt").read_text().splitlines()

    assert len(lines) == 5
    for digest, name in (line.split() for line in lines):
        content = (FOLDER / "vendor" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest


def test_a_script_imports_only_what_another_one_exports() -> None:
    scripts = {path.name: path.read_text() for path in (FOLDER / "js").glob("*.js")}
    wanted = [
        (name, other, each.split(" as ")[0].strip())
        for name, text in scripts.items()
        for each_import, other in re.findall(r'import \{([^}]*)\} from "\./([a-z_]+\.js)"', text)
        for each in each_import.split(",")
        if each.strip()
    ]

    assert len(wanted) > 100
    for name, other, exported in wanted:
        pattern = rf"^export (?:async )?(?:function|const|class|let) {exported}\b"
        assert re.search(pattern, scripts[other], re.MULTILINE), (name, other, exported)
