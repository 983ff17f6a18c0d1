"""The page /docs: a list without JavaScript, and requests that are sent from the page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from forecast_service import __version__
from forecast_service.resources.contract.document.openapi import description
from forecast_service.resources.routes import ROUTES

from .conftest import OpenContext

POST_FORECAST = "#operations-Forecasts-postForecast"


def opened(page: Page) -> Page:
    """The page when Swagger UI shows the routes."""
    page.goto("/docs")
    expect(page.locator(POST_FORECAST)).to_be_visible()
    return page


def test_the_list_has_every_route_without_javascript(empty_app: Flask) -> None:
    text = empty_app.test_client().get("/docs").text

    for path, item in description(ROUTES, __version__)["paths"].items():
        for method in item:
            assert method == "parameters" or f"<code>{method.upper()} {path}</code>" in text


def test_a_request_is_sent_from_the_page_and_nothing_comes_from_elsewhere(
    page: Page, address: str
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    opened(page)

    page.locator(f"{POST_FORECAST} .opblock-summary-control").click()
    page.locator(f"{POST_FORECAST} .execute").click()

    answer = page.locator(f"{POST_FORECAST} .live-responses-table .response")
    expect(answer.locator(".response-col_status")).to_have_text("200")
    expect(answer).to_contain_text("provenance")
    assert [url for url in asked if not url.startswith((address, "data:"))] == []


@pytest.mark.parametrize("theme", [pytest.param("light", marks=pytest.mark.slow), "dark"])
def test_axe_finds_nothing(
    open_context: OpenContext, violations: Callable[[Page], list[str]], theme: str
) -> None:
    page = open_context(bypass_csp=True, color_scheme=theme).new_page()
    opened(page)
    page.locator(f"{POST_FORECAST} .opblock-summary-control").click()
    expect(page.locator(f"{POST_FORECAST} .execute")).to_be_visible()

    assert violations(page) == []
