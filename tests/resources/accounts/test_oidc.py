"""Logging in at an identity provider: a real one on this machine, and what it may get wrong."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from joserfc.jwk import RSAKey
from pydantic import SecretStr
from werkzeug.test import TestResponse

from forecast_service.accounts.audit import AuditFilter
from forecast_service.accounts.oidc.provider import IdentityProvider
from forecast_service.accounts.tables import user_sessions
from forecast_service.app import create_app
from forecast_service.errors import ConfigurationError
from forecast_service.service import Service
from forecast_service.settings import Settings, read_settings

from .people import PASSWORD, Person
from .provider import CLIENT, SECRET, Provider

ROLES = ("chain-admins=admin", "planners=planner", "kiosk=viewer")
LIMITS = ("north=region:North", "kiosk=store:7", "west=region:West")


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    """The provider; its key takes a moment to make."""
    provider = Provider()
    yield provider
    provider.stop()


@pytest.fixture
def provider(running: Provider) -> Provider:
    """The provider as it should be."""
    running.signing_key, running.error, running.user_info = running.key, None, None
    running.person = {"sub": "u1", "preferred_username": "Carla", "groups": ["planners"]}
    running.changes, running.metadata, running.algorithm = {}, {}, "RS256"
    return running


@pytest.fixture
def app(settings: Settings, provider: Provider) -> Iterator[Flask]:
    """A service that knows the provider."""
    values = {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SecretStr(SECRET),
        "oidc_roles": ROLES,
        "oidc_limits": LIMITS,
    }
    app = create_app(settings.model_copy(update=values))
    yield app
    app.extensions["forecast_service"].close()


@pytest.fixture
def browser(app: Flask) -> Person:
    return Person(app)


def log_in(browser: Person, provider: Provider, wanted: str = "/") -> TestResponse:
    there = browser.get(f"/session/oidc?next={wanted}")
    assert there.status_code == 303, there.get_json()
    back = urlsplit(provider.visit(there.headers["Location"]))
    return browser.get(f"{back.path}?{back.query}")


def refused(answer: TestResponse, status: int) -> str:
    assert answer.status_code == status, answer.headers
    assert "forecast_session=" not in str(answer.headers)
    detail: str = answer.get_json()["detail"]
    return detail


def test_a_log_in_there_is_one_here(browser: Person, provider: Provider, service: Service) -> None:
    before = provider.verified

    answer = log_in(browser, provider, "/store/7")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/store/7")
    assert provider.verified == before + 1  # with client secret and PKCE
    me = browser.get("/me").get_json()
    assert (me["kind"], me["name"], me["role"]) == ("user", "carla", "planner")
    assert browser.get("/stores").status_code == 200
    (user,) = service.users.list()
    assert (user.is_external, user.has_password) == (True, False)
    assert [(e.kind, e.who, e.action) for e in service.audit.list(AuditFilter())] == [
        ("user", "carla", "logged_in"),
        ("service", "identity provider", "user_created"),
    ]


def test_the_log_in_page_shows_the_way_there(browser: Person) -> None:
    assert 'href="/session/oidc"' in browser.get("/login").get_data(as_text=True)


def test_the_attempt_is_bound_to_the_browser(browser: Person, provider: Provider) -> None:
    address = browser.get("/session/oidc").headers["Location"]

    query = parse_qs(urlsplit(address).query)
    cookie = browser.client.get_cookie("forecast_oidc")

    assert {"state", "nonce", "code_challenge"} <= set(query)
    assert query["redirect_uri"] == ["http://localhost/session/oidc/callback"]
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.max_age) == (True, "Lax", 600)
    assert "code_verifier" not in address


def test_the_attempt_is_over_after_the_log_in(browser: Person, provider: Provider) -> None:
    log_in(browser, provider)

    assert browser.client.get_cookie("forecast_oidc") is None


def test_another_browser_cannot_use_the_address(
    app: Flask, browser: Person, provider: Provider
) -> None:
    back = urlsplit(provider.visit(browser.get("/session/oidc").headers["Location"]))
    other = Person(app)

    assert "began no log-in" in refused(other.get(f"{back.path}?{back.query}"), 401)
    other.get("/session/oidc")
    assert "another log-in" in refused(other.get(f"{back.path}?{back.query}"), 401)


def test_an_address_works_once(browser: Person, provider: Provider) -> None:
    there = browser.get("/session/oidc")
    attempt = browser.cookie("forecast_oidc") or ""
    back = urlsplit(provider.visit(there.headers["Location"]))
    assert browser.get(f"{back.path}?{back.query}").status_code == 303
    browser.client.set_cookie("forecast_oidc", attempt)

    assert "invalid_grant" in refused(browser.get(f"{back.path}?{back.query}"), 401)


@pytest.mark.quick(4)
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"nonce": "other"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"aud": "another-client"}, "aud"),
        ({"aud": ["another-client", "third"]}, "aud"),
        ({"iss": "http://127.0.0.1:1/realm"}, "iss"),
        ({"exp": int(time.time()) - 120}, "expired"),
        ({"exp": None}, "exp"),
        ({"iat": int(time.time()) + 3600}, "issued in the future"),
        ({"sub": None}, "sub"),
        ({"azp": "another-client"}, "azp"),
    ],
)
def test_a_token_that_is_not_meant_for_us_now_is_refused(
    browser: Person, provider: Provider, changes: dict[str, Any], reason: str
) -> None:
    provider.changes = changes

    detail = refused(log_in(browser, provider), 401)

    assert detail.startswith("The answer of the identity provider is not valid (")
    assert reason in detail
    assert browser.get("/session").status_code == 405


def test_a_token_with_another_signature_is_refused(browser: Person, provider: Provider) -> None:
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})

    assert "is not valid (" in refused(log_in(browser, provider), 401)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_that_anybody_could_sign_is_refused(
    browser: Person, provider: Provider, algorithm: str
) -> None:
    provider.algorithm = algorithm

    assert "is not valid (" in refused(log_in(browser, provider), 401)


def test_a_provider_may_change_its_key(browser: Person, provider: Provider) -> None:
    log_in(browser, provider)
    before = provider.key
    provider.key = provider.signing_key = RSAKey.generate_key(2048, {"kid": "second"})

    answer = log_in(browser, provider)

    provider.key = before
    assert answer.status_code == 303


def test_a_refusal_of_the_provider_is_passed_on(browser: Person, provider: Provider) -> None:
    provider.error = "access_denied"

    assert "refused the log-in ('access_denied')" in refused(log_in(browser, provider), 401)


@pytest.mark.parametrize("groups", [[], ["unknown"], None, "unknown", [7]])
def test_without_a_group_that_is_known_nobody_gets_in(
    browser: Person, provider: Provider, service: Service, groups: Any
) -> None:
    provider.person["groups"] = groups

    detail = refused(log_in(browser, provider), 403)

    assert detail.startswith("'Carla' may not use this service: none of the groups in 'groups' has")
    assert service.users.list() == []


@pytest.mark.parametrize(
    ("groups", "role", "stores", "regions"),
    [
        (["kiosk"], "viewer", ["7"], None),
        (["planners", "north", "west", "other"], "planner", None, ["North", "West"]),
        (["planners", "kiosk", "north"], "planner", ["7"], ["North"]),
        (["chain-admins", "kiosk"], "admin", None, None),
        ("planners", "planner", None, None),
    ],
)
def test_the_strongest_role_counts_and_limits_add_up(
    browser: Person,
    provider: Provider,
    groups: Any,
    role: str,
    stores: list[str] | None,
    regions: list[str] | None,
) -> None:
    provider.person["groups"] = groups

    log_in(browser, provider)

    me = browser.get("/me").get_json()
    assert me["role"] == role
    assert me["limits"] == {"stores": stores, "regions": regions}


def test_each_log_in_sets_what_the_groups_grant_now(
    browser: Person, provider: Provider, service: Service
) -> None:
    log_in(browser, provider)
    provider.person = {"sub": "u1", "preferred_username": "renamed", "groups": ["kiosk"]}
    log_in(browser, provider)

    me = browser.get("/me").get_json()
    assert (me["name"], me["role"], me["limits"]["stores"]) == ("carla", "viewer", ["7"])
    (entry,) = service.audit.list(AuditFilter(action="user_changed"))
    assert entry.details == {"role": "viewer", "stores": ["7"]}


def test_who_left_a_group_there_has_to_log_in_again_within_half_a_day(
    browser: Person, provider: Provider, service: Service
) -> None:
    log_in(browser, provider)
    provider.person["groups"] = []

    age_sessions(service, 11.9)
    assert browser.get("/me").status_code == 200
    age_sessions(service, 0.2)
    assert browser.get("/me").status_code == 401


def test_who_has_a_password_stays_longer(browser: Person, service: Service) -> None:
    service.users.create("dora", {"role": "admin", "password": PASSWORD})
    browser.log_in("dora", PASSWORD)

    age_sessions(service, 100.0)

    assert browser.get("/me").status_code == 200


def age_sessions(service: Service, hours: float) -> None:
    """Let sessions have begun so much earlier; they are in use."""
    earlier = user_sessions.c.created_at - hours * 3600
    with service.database.write() as connection:
        connection.execute(sa.update(user_sessions).values(created_at=earlier))


def test_who_lost_all_groups_is_logged_out_at_the_next_try(
    app: Flask, browser: Person, provider: Provider
) -> None:
    log_in(browser, provider)
    provider.person["groups"] = []

    refused(log_in(Person(app), provider), 403)

    assert browser.get("/me").status_code == 401


def test_a_disabled_user_does_not_get_in(
    browser: Person, provider: Provider, service: Service
) -> None:
    log_in(browser, provider)
    service.users.change("carla", {"disabled": True})

    assert "the user is disabled" in refused(log_in(browser, provider), 403)


def test_a_name_that_is_taken_is_not_taken_over(
    browser: Person, provider: Provider, service: Service
) -> None:
    service.users.create("carla", {"role": "admin", "password": PASSWORD})

    assert "another user has this name" in refused(log_in(browser, provider), 403)
    assert [user.role for user in service.users.list()] == ["admin"]


def test_another_subject_with_the_same_name_is_somebody_else(
    browser: Person, provider: Provider
) -> None:
    log_in(browser, provider)
    provider.person["sub"] = "u2"

    assert "another user has this name" in refused(log_in(browser, provider), 403)


def test_groups_may_come_with_the_user_info(browser: Person, provider: Provider) -> None:
    del provider.person["groups"]
    provider.user_info = {"sub": "u1", "groups": ["planners"]}

    assert log_in(browser, provider).status_code == 303
    assert browser.get("/me").get_json()["role"] == "planner"


def test_user_info_of_somebody_else_is_refused(browser: Person, provider: Provider) -> None:
    del provider.person["groups"]
    provider.user_info = {"sub": "u2", "groups": ["chain-admins"]}

    assert "two identities" in refused(log_in(browser, provider), 401)


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "%2F%09/evil"])
def test_the_way_back_leads_to_this_host_only(
    browser: Person, provider: Provider, wanted: str
) -> None:
    assert log_in(browser, provider, wanted).headers["Location"] == "/"


def test_another_issuer_than_the_configured_one_is_refused(
    browser: Person, provider: Provider
) -> None:
    provider.metadata = {"issuer": "https://evil.example"}

    assert "calls itself 'https://evil.example'" in refused(browser.get("/session/oidc"), 503)


def test_a_provider_that_is_away_is_said_so(settings: Settings) -> None:
    values = {"oidc_issuer": "http://127.0.0.1:1", "oidc_client_id": CLIENT}
    app = create_app(settings.model_copy(update=values))

    assert "did not answer" in refused(Person(app).get("/session/oidc"), 503)
    app.extensions["forecast_service"].close()


@pytest.mark.parametrize("cookie", ["", "x", "e30=", "W10=", "bnVsbA==", "ü"])
def test_a_forged_attempt_is_refused(browser: Person, provider: Provider, cookie: str) -> None:
    browser.client.set_cookie("forecast_oidc", cookie)

    assert "began no log-in" in refused(browser.get("/session/oidc/callback?state=x&code=y"), 401)


@pytest.mark.parametrize("path", ["/session/oidc", "/session/oidc/callback"])
def test_without_a_provider_there_is_no_way_there(empty_app: Flask, path: str) -> None:
    assert "No identity provider is configured" in refused(Person(empty_app).get(path), 404)


def test_without_a_provider_its_library_is_not_imported(settings: Settings) -> None:
    code = (
        "import sys; from forecast_service.app import create_app;"
        "from forecast_service.settings import Settings; from pathlib import Path;"
        f"create_app(Settings(home=Path({str(settings.home)!r})));"
        "sys.exit('authlib' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_issuer_without_a_client_is_refused(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="FORECAST_OIDC_CLIENT_ID is not"):
        IdentityProvider(settings.model_copy(update={"oidc_issuer": "https://id.example"}))


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("OIDC_ROLES", "a=boss", "group=role, by commas; 'a=boss' is not group=role"),
        ("OIDC_ROLES", "admin", "group=role"),
        ("OIDC_LIMITS", "a=town:x", "group=region:NAME or group=store:NAME"),
        ("OIDC_LIMITS", "a=region:", "group=region:NAME or group=store:NAME"),
        ("OIDC_DEFAULT_ROLE", "admin", "'none' or 'viewer'"),
    ],
)
def test_settings_that_grant_nothing_clear_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv(f"FORECAST_{name}", value)

    with pytest.raises(ConfigurationError) as caught:
        read_settings()

    assert f"FORECAST_{name} is '{value}'; allowed is" in caught.value.detail
    assert allowed in caught.value.detail


def test_the_secret_may_be_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("secrets") / "oidc"
    file.write_text(f"{SECRET}\n")
    monkeypatch.setenv("FORECAST_OIDC_CLIENT_SECRET_FILE", str(file))

    secret = read_settings().oidc_client_secret

    assert secret is not None
    assert secret.get_secret_value() == SECRET
    assert SECRET not in repr(read_settings())
