"""Log-in, rights and administration in a real Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.served import Served

from ..conftest import OpenContext
from .conftest import log_in, logged_in

OTHER_PATHS = (
    "/forecast?store_number=2",
    "/stores/2",
    "/stores/2/history",
    "/forecast?store_number=2&format=csv",
    "/stores/2/history?format=xlsx",
)


@pytest.fixture
def address(guarded: Served) -> str:
    """The address of the service with accounts."""
    return f"http://127.0.0.1:{guarded.port}"


def test_a_wrong_password_is_refused_in_words(page: Page) -> None:
    log_in(page, "anna", "not her password")

    expect(page.get_by_role("alert")).to_have_text("User name or password is wrong.")
    assert page.request.get("/me").status == 401


def test_the_log_in_leads_to_the_wanted_page_and_the_log_out_away(page: Page) -> None:
    logged_in(page, "vera", wanted="/activity?show=runs")
    expect(page).to_have_url("/activity?show=runs")

    page.locator("#account summary").click()
    page.get_by_role("button", name="Log out").click()

    expect(page.get_by_label("User name")).to_be_visible()
    assert page.request.get("/stores").status == 401


def test_a_viewer_may_look_but_not_import_nor_train(page: Page) -> None:
    logged_in(page, "vera", wanted="/upload")

    expect(page.locator("main")).to_contain_text("You may look, but not import")
    navigation = page.get_by_role("navigation", name="Pages")
    expect(navigation.get_by_role("link", name="New sales")).to_be_hidden()
    expect(navigation.get_by_role("link", name="Administration")).to_be_hidden()
    sent = {"X-CSRF-Token": csrf_token(page)}
    refused = [
        page.request.post("/training", data={"store_number": 1}, headers=sent),
        page.request.post("/uploads", multipart={"sales": "x"}, headers=sent),
        page.request.get("/users"),
    ]
    assert [answer.status for answer in refused] == [403, 403, 403]


@pytest.mark.slow
def test_a_viewer_sees_no_buttons_that_change_something(page: Page) -> None:
    logged_in(page, "vera", wanted="/activity")

    expect(page.locator("#activities tbody tr").first).to_be_visible()
    expect(page.get_by_role("button", name="Take it back")).to_have_count(0)


@pytest.mark.slow
def test_a_viewer_does_not_administer(page: Page) -> None:
    logged_in(page, "vera", wanted="/admin")

    expect(page.locator("main")).to_contain_text("You may not see this")


@pytest.mark.parametrize(
    "path",
    [
        "/stores/2/outlook",
        *(pytest.param(path, marks=pytest.mark.slow) for path in OTHER_PATHS),
    ],
)
def test_a_planner_cannot_read_a_store_of_another_region(page: Page, path: str) -> None:
    logged_in(page, "paul", wanted="/activity")

    foreign = page.request.get(path)
    unknown = page.request.get(path.replace("stores/2", "stores/99").replace("=2", "=99"))
    own = page.request.get(path.replace("stores/2", "stores/1").replace("=2", "=1"))

    assert (foreign.status, unknown.status, own.status) == (404, 404, 200)
    assert foreign.json()["detail"] == unknown.json()["detail"].replace("'99'", "'2'")
    assert "there are 3 stores, 1, 4, 7" in foreign.json()["detail"]


def test_a_planner_sees_no_store_of_another_region_on_a_page(page: Page) -> None:
    logged_in(page, "paul", wanted="/store/2")

    expect(page.locator("main")).to_contain_text("Not found")
    listed = page.request.get("/stores").json()["stores"]
    assert {store["region"] for store in listed} == {"north"}


@pytest.mark.slow
def test_a_planner_cannot_open_a_scenario_of_another_region(
    page: Page, open_context: OpenContext
) -> None:
    logged_in(page, "anna", wanted="/activity")
    day = page.request.get("/stores/2/outlook").json()["forecast"]["date"][3]
    scenario = page.request.post(
        "/scenarios",
        headers={"X-CSRF-Token": csrf_token(page)},
        data={
            "name": "promotion",
            "store_number": 2,
            "changes": [{"covariate": "promo", "value": 1, "from": day}],
        },
    ).json()
    address = f"/scenarios/{scenario['id']}"
    assert page.request.get(address).status == 200

    theirs = logged_in(open_context().new_page(), "paul", wanted=f"/scenario/{scenario['id']}")

    assert theirs.request.get(address).status == 404
    expect(theirs.locator("main")).to_contain_text("Not found")


def csrf_token(page: Page) -> str:
    """The token that changes need, as the pages send it."""
    return str(page.request.get("/me").json()["csrf_token"])


def test_the_account_page_says_what_one_may(page: Page) -> None:
    logged_in(page, "paul", wanted="/activity")
    page.locator("#account summary").click()
    page.get_by_role("link", name="My account").click()

    who = page.locator("#who")
    expect(who).to_contain_text("Planner")
    expect(who).to_contain_text("regions north")
    expect(who).to_contain_text("import sales")


def test_an_administrator_makes_a_user_who_changes_the_password(
    page: Page, open_context: OpenContext
) -> None:
    logged_in(page, "anna", wanted="/admin")
    page.get_by_text("New user").click()
    page.get_by_label("Name", exact=True).fill("nora")
    page.get_by_label("Only these regions").fill("north, west")
    page.get_by_role("button", name="Make the user").click()
    shown = page.locator("#shown-once")
    expect(shown).to_be_visible()
    row = page.locator("#list tbody tr", has_text="nora")
    expect(row).to_contain_text("regions north and west")

    theirs = open_context().new_page()
    logged_in(theirs, "nora", shown.inner_text(), wanted="/account")
    theirs.get_by_label("Present password").fill(shown.inner_text())
    theirs.get_by_label("New password, at least").fill("a quite new secret")
    theirs.get_by_label("New password once more").fill("a quite new secret")
    theirs.get_by_role("button", name="Change the password").click()
    expect(theirs.locator(".toast")).to_contain_text("The password was changed.")

    row.get_by_role("button", name="Disable").click()
    expect(row).to_contain_text("Disabled")
    theirs.goto("/activity")
    expect(theirs.get_by_label("User name")).to_be_visible()


@pytest.mark.slow
def test_another_password_ends_the_old_one(page: Page, open_context: OpenContext) -> None:
    logged_in(page, "anna", wanted="/admin")
    page.get_by_text("New user").click()
    page.get_by_label("Name", exact=True).fill("olga")
    page.get_by_role("button", name="Make the user").click()
    shown = page.locator("#shown-once")
    expect(shown).to_be_visible()
    old = shown.inner_text()

    page.locator("#list tbody tr", has_text="olga").get_by_role(
        "button", name="New password"
    ).click()
    page.get_by_role("dialog").get_by_role("button", name="Make a new password").click()
    expect(shown).not_to_have_text(old)

    theirs = open_context().new_page()
    log_in(theirs, "olga", old)
    expect(theirs.get_by_role("alert")).to_have_text("User name or password is wrong.")
    logged_in(theirs, "olga", shown.inner_text(), wanted="/activity")


@pytest.mark.slow
def test_a_key_is_shown_once_and_revoked(page: Page, address: str) -> None:
    logged_in(page, "anna", wanted="/admin?tab=keys")
    page.get_by_text("New API key").click()
    page.get_by_label("What it is for").fill("till system")
    page.get_by_label("Only these regions").fill("north")
    page.get_by_role("button", name="Make the key").click()
    key = page.locator("#shown-once").inner_text()
    row = page.locator("#list tbody tr", has_text="till system")
    expect(row).to_contain_text("Valid")
    outside = {"Authorization": f"Bearer {key}"}
    other = page.context.browser.new_context(base_url=address)  # type: ignore[union-attr]
    assert other.request.get("/stores/1", headers=outside).status == 200
    assert other.request.get("/stores/2", headers=outside).status == 404

    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()

    expect(row).to_contain_text("Revoked")
    page.reload()
    expect(page.locator("#list")).to_contain_text("till system")
    expect(page.locator("body")).not_to_contain_text(key)
    page.wait_for_timeout(1100)  # other threads may know the key for a second
    assert other.request.get("/stores/1", headers=outside).status == 401
    other.close()


def test_the_audit_log_is_filtered_and_exported(page: Page) -> None:
    logged_in(page, "anna", wanted="/admin?tab=audit")
    page.get_by_label("Who", exact=True).fill("anna")
    page.locator("select[name=action]").select_option("logged_in")
    page.get_by_role("button", name="Filter").click()

    rows = page.locator("#list tbody tr")
    expect(rows.first).to_contain_text("logged in")
    expect(rows.filter(has_not_text="anna")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) > 1
    assert all("logged_in" in line for line in lines[1:])


@pytest.mark.slow
def test_a_key_for_aws_sdks_is_shown_with_their_variables(page: Page) -> None:
    logged_in(page, "anna", wanted="/admin?tab=keys")
    page.get_by_text("New API key").click()
    page.get_by_label("What it is for").fill("notebooks")
    page.get_by_label("work with AWS SDKs").check()
    page.get_by_role("button", name="Make the key").click()

    lines = page.locator("#shown-once").inner_text().splitlines()

    assert [line.partition("=")[0] for line in lines[1:]] == [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    ]
