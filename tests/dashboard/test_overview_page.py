"""The morning overview in a real Chromium: order, filters, address, keyboard, budget."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .conftest import Api, OpenContext

MOST_REQUESTS, MOST_KB, MOST_API_CALLS = 15, 400, 2


def opened(page: Page, address: str = "/") -> Page:
    """The page when its data are there."""
    page.goto(address)
    expect(page.locator("main[data-finished] .stores tbody tr").first).to_be_visible()
    return page


def shown_stores(page: Page) -> list[str]:
    rows = page.locator(".stores tbody tr")
    return list(rows.evaluate_all("rows => rows.map(row => row.dataset.store)"))


def test_the_stores_are_in_the_order_of_the_api_with_its_numbers(page: Page, api: Api) -> None:
    overview = api("/overview")

    opened(page)

    assert shown_stores(page) == [str(store["store_number"]) for store in overview["stores"]]
    first = page.locator(".stores tbody tr").first.locator("td").first.locator(".figure")
    expect(first).to_have_text(f"{overview['stores'][0]['next_7_days']:,.0f}")
    total = page.locator("#tiles .tile").first.locator("dd").first
    expect(total).to_have_text(f"{overview['tiles']['next_7_days']:,.0f}")


def test_filters_are_in_the_address_and_remembered(page: Page, api: Api) -> None:
    region = api("/regions")["regions"][0]
    opened(page)

    page.get_by_label("Region", exact=True).select_option(region["region"])

    rows = page.locator(".stores tbody tr")
    expect(rows).to_have_count(region["stores"])
    expect(page).to_have_url(re.compile(f"region={region['region']}"))
    page.goto("/login")
    opened(page)
    expect(rows).to_have_count(region["stores"])


@pytest.mark.slow  # test_filters_are_in_the_address_and_remembered
def test_a_shared_address_shows_the_same(page: Page) -> None:
    opened(page, "/?search=7&sort=store_number&order=asc")

    assert shown_stores(page) == ["7"]
    expect(page.get_by_label("Search by number or name")).to_have_value("7")


def test_a_search_without_a_result_offers_a_way_back(page: Page) -> None:
    opened(page)
    page.get_by_label("Search by number or name").fill("no such store")
    expect(page.get_by_role("heading", name="No store fits")).to_be_visible()

    page.get_by_role("button", name="Show all stores").click()

    expect(page.locator(".stores tbody tr")).to_have_count(8)


@pytest.mark.parametrize(("scopes", "may_import"), [(["read"], False), (["read", "import"], True)])
def test_without_stores_the_way_to_the_files_is_for_those_who_may_import(
    page: Page, api: Api, scopes: list[str], may_import: bool
) -> None:
    empty = {**api("/overview"), "stores": [], "count": 0, "next": None}
    who = {**api("/me"), "scopes": scopes}
    page.route("**/overview?*", lambda route: route.fulfill(json=empty))
    page.route("**/me", lambda route: route.fulfill(json=who))

    page.goto("/")

    expect(page.get_by_role("heading", name="There are no stores yet")).to_be_visible()
    expect(page.get_by_role("link", name="Load sales")).to_be_visible(visible=may_import)


def test_a_head_sorts_and_says_so(page: Page, api: Api) -> None:
    opened(page)

    page.locator(".stores thead").get_by_role("button", name="Next 7 days").click()

    head = page.get_by_role("columnheader", name="Next 7 days")
    expect(head).to_have_attribute("aria-sort", "descending")
    wanted = api("/overview?sort=next_7_days&order=desc")["stores"]
    assert shown_stores(page) == [str(store["store_number"]) for store in wanted]


def test_a_store_is_found_and_opened_by_keyboard_alone(page: Page) -> None:
    opened(page)

    page.keyboard.press("/")
    page.keyboard.type("7")
    expect(page.locator(".stores tbody tr")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Store 7")


def test_the_next_store_is_the_next_one_of_the_list(page: Page) -> None:
    opened(page)
    first, second = shown_stores(page)[:2]
    page.locator(f"tr[data-store='{first}'] a").click()

    page.get_by_role("link", name="Next ›").click()

    expect(page).to_have_url(re.compile(rf"/store/{second}$"))


@pytest.mark.parametrize(
    ("theme", "width"),
    [
        ("dark", 390),
        pytest.param("light", 1440, marks=pytest.mark.slow),
        pytest.param("dark", 1440, marks=pytest.mark.slow),
        pytest.param("light", 390, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("path", ["/", "/login"])
def test_axe_finds_nothing(
    open_context: OpenContext,
    violations: Callable[[Page], list[str]],
    theme: str,
    width: int,
    path: str,
) -> None:
    size = {"width": width, "height": 900}
    page = open_context(color_scheme=theme, viewport=size).new_page()
    if path == "/":
        opened(page)
    else:
        page.goto(path)

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("path", ["/", "/store/7"])
@pytest.mark.parametrize("locale", [pytest.param("en-GB", marks=pytest.mark.slow), "de-DE"])
def test_a_page_costs_little(open_context: OpenContext, path: str, locale: str) -> None:
    page = open_context(locale=locale).new_page()
    page.goto(path)
    expect(page.locator("table tbody tr").first).to_be_visible()
    page.wait_for_load_state("networkidle")

    loaded = page.evaluate(
        """() => [...performance.getEntriesByType('navigation'),
                  ...performance.getEntriesByType('resource')]
            .map(entry => [entry.name, entry.transferSize])"""
    )

    calls = [name for name, _ in loaded if "/static/" not in name][1:]  # the first is the page
    assert len(calls) <= MOST_API_CALLS, calls
    assert len(loaded) <= MOST_REQUESTS, loaded
    assert sum(size for _, size in loaded) <= MOST_KB * 1024


def test_the_language_and_the_theme_are_kept(page: Page) -> None:
    opened(page)

    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.get_by_role("button", name="Hell").click()
    page.reload()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Was werden unsere Filialen verkaufen?"
    )
