"""New sales in a real Chromium: a bad and a good file, a question, an undo."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ..conftest import Api, OpenContext, wait_for_work

HEADER = "Store,Date,Sales,Open,Promo,StateHoliday,SchoolHoliday\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a file."""

    def write_one(name: str, content: str) -> Path:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return path

    return write_one


@pytest.fixture
def next_day(api: Api) -> str:
    """The day after the last sale."""
    last = dt.date.fromisoformat(api("/stores/1")["last_sale_on"])
    return (last + dt.timedelta(days=1)).isoformat()


def row(store: int, day: str, sales: object) -> str:
    return f"{store},{day},{sales},1,0,0,0\n"


def extent(api: Api) -> tuple[int, str, int]:
    """How many stores there are, and until when store 1 sold, on how many days."""
    store = api("/stores/1")
    return api("/stores")["count"], store["last_sale_on"], store["days"]


def choose(page: Page, *paths: Path) -> None:
    """Open the page and choose files."""
    page.goto("/upload")
    expect(page.locator("#deliveries tbody tr").first).to_be_visible()
    page.locator("#files").set_input_files(list(map(str, paths)))


def test_a_bad_file_names_its_lines_and_changes_nothing(
    page: Page, api: Api, write: Callable[[str, str], Path], next_day: str
) -> None:
    before = api("/imports")
    bad = HEADER + row(1, next_day, "12x") + row(2, "2026-13-40", 5)

    choose(page, write("bad.csv", bad))

    expect(page.get_by_role("alert")).to_contain_text("cannot be imported yet")
    lines = page.locator(".findings tbody tr")
    expect(lines).to_have_count(2)
    expect(lines.nth(0)).to_contain_text("line 2'Sales' is '12x'")
    expect(lines.nth(1)).to_contain_text("line 3'Date' is '2026-13-40'")
    expect(page.get_by_role("button", name="Import these sales")).to_have_count(0)
    assert api("/imports") == before


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("sales.xlsx", "this is no spreadsheet", "sales.xlsx"),
        pytest.param("empty.csv", "", "empty", marks=pytest.mark.slow),
        pytest.param(
            "letter.txt",
            "Dear all,\nthe sales were good.\n",
            "1 value where the header has 2",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_the_words_of_the_importer(
    page: Page, write: Callable[[str, str], Path], name: str, content: str, said: str
) -> None:
    choose(page, write(name, content))

    expect(page.get_by_role("alert")).to_contain_text("cannot be imported yet")
    expect(page.locator("#outcome")).to_contain_text(said)


def test_a_question_is_asked_in_plain_words_and_its_answer_checked(
    page: Page, write: Callable[[str, str], Path], next_day: str
) -> None:
    receipts = HEADER + row(1, next_day, 40) + row(1, next_day, 60)
    choose(page, write("receipts.csv", receipts))

    page.get_by_text("They are parts, such as receipts: add them up").click()
    page.get_by_role("button", name="Check again").click()

    expect(page.get_by_role("status").first).to_contain_text("The files can be imported")
    expect(page.locator("#outcome")).to_contain_text("How large the numbers are")
    expect(page.locator("#outcome td.num", has_text="100").first).to_be_visible()


def test_a_good_file_is_understood_imported_and_taken_back(
    page: Page, api: Api, write: Callable[[str, str], Path], next_day: str
) -> None:
    before = extent(api)
    good = HEADER + row(1, next_day, 4321) + row(2, next_day, 900_000) + row(99, next_day, 7)
    choose(page, write("good.csv", good))

    outcome = page.locator("#outcome")
    expect(outcome).to_contain_text("New stores: 99.")
    expect(outcome).to_contain_text("1 unusual figure")
    expect(outcome).to_contain_text("900,000")
    assert extent(api) == before

    page.get_by_role("button", name="Import these sales").click()
    expect(outcome).to_contain_text("The sales are imported")
    expect(outcome).to_contain_text("The forecast is up to date.")
    assert api("/stores/1")["last_sale_on"] == next_day
    newest = page.locator("#deliveries tbody tr").first
    expect(newest).to_contain_text("good.csv")

    outcome.get_by_role("button", name="Take it back").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("tbody tr").first.locator("td")).to_have_text(["9", "8"])
    dialog.get_by_role("button", name="Take it back").click()

    expect(newest).to_contain_text("Taken back")
    assert extent(api) == before


@pytest.mark.slow
def test_an_undo_that_is_not_meant_changes_nothing(page: Page, api: Api) -> None:
    wait_for_work(api)
    page.goto("/upload")
    page.locator("#deliveries").get_by_role("button", name="Take it back").first.click()

    page.get_by_role("dialog").press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    assert "done" in [each["state"] for each in api("/imports")["imports"]]


def test_files_are_dropped_and_their_kinds_are_guessed(page: Page, next_day: str) -> None:
    page.goto("/upload")
    expect(page.locator("#drop")).to_be_visible()
    transfer = page.evaluate_handle(
        """([sales, future]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([sales], "week.csv"));
            transfer.items.add(new File([future], "future days.csv"));
            return transfer;
        }""",
        [HEADER + row(1, next_day, 50), f"Store,Date,Promo\n1,{next_day},1\n"],
    )

    page.dispatch_event("#drop", "drop", {"dataTransfer": transfer})

    kinds = page.locator(".files select")
    expect(kinds.nth(0)).to_have_value("sales")
    expect(kinds.nth(1)).to_have_value("future")
    expect(page.locator(".verdict")).to_be_visible()


def test_a_file_is_chosen_by_keyboard(
    page: Page, write: Callable[[str, str], Path], next_day: str
) -> None:
    page.on("filechooser", lambda _: None)  # the browser must expect it before the key is pressed
    page.goto("/upload")
    expect(page.locator("#drop")).to_be_visible()
    page.locator("#files").focus()

    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(str(write("keyboard.csv", HEADER + row(1, next_day, 50))))

    expect(page.locator(".verdict")).to_contain_text("The files can be imported")


@pytest.mark.slow
def test_a_german_sees_german(
    open_context: OpenContext, write: Callable[[str, str], Path], next_day: str
) -> None:
    page = open_context(locale="de-DE").new_page()

    choose(page, write("bad.csv", HEADER + row(1, next_day, "12x")))

    expect(page.get_by_role("alert")).to_contain_text("können noch nicht importiert werden")
    expect(page.locator(".findings tbody tr")).to_contain_text("Zeile 2")
