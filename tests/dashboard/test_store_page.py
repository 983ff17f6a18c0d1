"""The page of one store in a real Chromium: read, update, what-if, files; by keyboard, too."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.served import wait_until

from .conftest import Api, OpenContext

SOON = 300  # milliseconds
QUIET_SECONDS = 120  # in which the best load counts: the machine may be busy


def opened(page: Page, address: str = "/store/7") -> Page:
    """The page when its data are there."""
    page.goto(address)
    expect(page.locator("main[data-finished] #days tbody tr").first).to_be_visible()
    return page


def number(text: str | None) -> float:
    return float((text or "").replace(",", ""))


def test_the_table_says_what_the_api_says(page: Page, api: Api) -> None:
    forecast = api("/stores/7/outlook")["forecast"]

    opened(page)

    shown = page.locator("#days tbody tr").evaluate_all(
        "rows => rows.map(row => [row.dataset.day, row.querySelector('.figure').textContent])"
    )
    assert [day for day, _ in shown] == forecast["date"]
    assert [number(text) for _, text in shown] == pytest.approx(forecast["p50"], abs=0.51)


def test_the_coming_week_is_that_of_the_overview(page: Page, api: Api) -> None:
    line = next(row for row in api("/overview")["stores"] if row["store_number"] == 7)

    opened(page)

    tile, year = (page.locator("#tiles .tile").nth(place) for place in range(2))
    expect(tile).to_contain_text("Next 7 days")
    expect(tile.locator("dd").first).to_have_text(f"{line['next_7_days']:,.0f}")
    expect(tile).to_contain_text(f"likely {line['low']:,.0f} to {line['high']:,.0f}")
    expect(year).to_contain_text(f"{line['last_year']:,.0f} in the comparable week")


def test_the_picture_is_read_by_keyboard(page: Page, api: Api) -> None:
    forecast = api("/stores/7/outlook")["forecast"]
    opened(page)
    slider = page.get_by_role("slider", name="Sales and forecast by day")

    slider.focus()
    slider.press("End")
    slider.press("ArrowLeft")

    said = slider.get_attribute("aria-valuetext") or ""
    last = forecast["p50"][-2]
    assert ("closed" in said) if forecast["closed"][-2] else (f"{last:,.0f}" in said)
    assert page.locator(".readout").inner_text().split("\n")[-1] in said


def test_an_update_within_the_tolerance_says_why_nothing_happens(page: Page) -> None:
    opened(page)

    page.get_by_role("button", name="Update forecast").click()

    news = page.locator("#news")
    expect(news).to_contain_text("The forecast is up to date.")
    expect(news).to_contain_text("up to 2 days is recent enough, and no newer sales have come.")


def test_a_what_if_shows_the_difference_and_stores_nothing(page: Page, api: Api) -> None:
    outlook = api("/stores/7/outlook")
    promotion = next(row for row in outlook["plan"] if row["covariate"] == "promo")
    day = next(
        day
        for day, value, closed in zip(
            outlook["forecast"]["date"],
            promotion["values"],
            outlook["forecast"]["closed"],
            strict=True,
        )
        if not value and not closed
    )
    opened(page)

    page.get_by_role("button", name="What if …").click()
    row = page.locator(f"#what-if tr[data-day='{day}']")
    row.get_by_label("Promotion").check()

    moved = row.locator("[data-result=difference]")
    expect(moved).to_have_text(re.compile(r"^\+[\d,]+ \(\+\d"))
    expect(page.locator(".what-if-bar")).to_contain_text("units over all days")
    assert api("/stores/7/outlook")["forecast"] == outlook["forecast"]


def test_the_forecast_is_downloaded_for_excel(page: Page) -> None:
    opened(page)
    page.locator("#take summary").click()

    with page.expect_download() as download:
        page.get_by_role("link", name="Forecast for Excel (XLSX)").click()

    assert download.value.suggested_filename.endswith(".xlsx")
    assert download.value.path().read_bytes().startswith(b"PK")


def test_the_call_is_copied(open_context: OpenContext, address: str) -> None:
    context = open_context(permissions=["clipboard-read", "clipboard-write"])
    page = opened(context.new_page())
    page.locator("#take summary").click()

    page.get_by_role("button", name="Copy the API call").click()

    expect(page.locator(".toast")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"curl '{address}/stores/7/outlook'"


@pytest.mark.parametrize(
    ("theme", "width"),
    [
        ("dark", 390),
        pytest.param("light", 1440, marks=pytest.mark.slow),
        pytest.param("dark", 1440, marks=pytest.mark.slow),
        pytest.param("light", 390, marks=pytest.mark.slow),
    ],
)
def test_axe_finds_nothing(
    open_context: OpenContext,
    violations: Callable[[Page], list[str]],
    theme: str,
    width: int,
) -> None:
    size = {"width": width, "height": 900}
    page = opened(open_context(color_scheme=theme, viewport=size).new_page())
    page.locator("#day-by-day .past summary").click()
    for summary in page.locator(".parts summary").all():
        summary.click()

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_nothing_is_clipped(open_context: OpenContext) -> None:
    page = opened(open_context(viewport={"width": 390, "height": 900}).new_page())

    expect(page.locator(".bars g")).to_have_count(page.locator("#days tbody tr").count())
    clipped = """() => [...document.querySelectorAll('.scroll')]
        .filter(part => part.checkVisibility() && part.scrollWidth > part.clientWidth)
        .map(part => part.getAttribute('aria-label'))"""
    assert page.evaluate(clipped) == []


def test_a_scenario_is_saved_only_when_asked_and_opened_by_its_link(
    page: Page, api: Api, violations: Callable[[Page], list[str]]
) -> None:
    forecast = api("/stores/5/outlook")["forecast"]
    opened(page, "/store/5")
    page.get_by_role("button", name="What if …").click()
    page.locator("#what-if tr:has(input:not(:checked))").first.get_by_label("Promotion").click()
    expect(page.locator(".what-if-bar")).to_contain_text("units over all days")
    assert api("/scenarios?store_number=5")["scenarios"] == []

    page.get_by_role("button", name="Save as a scenario …").click()
    page.get_by_label("Name", exact=True).fill("Advent")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#saved").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Advent")
    expect(page.locator("#days tbody tr")).to_have_count(len(forecast["date"]))
    assert violations(page) == []
    assert api("/stores/5/outlook")["forecast"] == forecast
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Store 5")
    assert api("/scenarios?store_number=5")["scenarios"] == []


@pytest.mark.slow  # it needs the processor
def test_something_is_painted_soon(open_context: OpenContext) -> None:
    wait_until(lambda: first_paint(open_context) < SOON, QUIET_SECONDS)


def first_paint(open_context: OpenContext) -> float:
    """Milliseconds until a browser without a cache shows something of a store."""
    context = open_context()
    page = opened(context.new_page())
    entry = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    context.close()
    return float(entry)
