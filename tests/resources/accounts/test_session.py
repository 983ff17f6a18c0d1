"""Logging in and out over HTTP: cookies, CSRF, forms without JavaScript, other passwords."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from forecast_service.accounts.audit import AuditFilter
from forecast_service.service import Service

from .people import NEW_PASSWORD, PASSWORD, Person


def test_a_log_in_answers_who_it_is_and_sets_a_cookie(nobody: Person) -> None:
    assert nobody.get("/me").status_code == 401

    answer = nobody.log_in("BOB")

    assert answer.status_code == 200
    document = answer.get_json()
    assert len(document.pop("csrf_token")) == 64
    assert document == {
        "kind": "user",
        "name": "bob",
        "role": "viewer",
        "scopes": ["read"],
        "limits": {"stores": None, "regions": None},
        "language": "de",
    }
    assert nobody.get("/me").get_json() == answer.get_json()
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_cookie_is_only_for_this_host_and_no_script(nobody: Person) -> None:
    cookie = nobody.log_in("bob").headers["Set-Cookie"]

    assert cookie.startswith("forecast_session=")
    assert cookie.partition("; ")[2] == "HttpOnly; Path=/; SameSite=Lax"


def test_over_tls_the_cookie_is_secure_and_bound_to_the_host(app: Flask, users: None) -> None:
    person = Person(app, "https://localhost")

    cookie = person.log_in("bob").headers["Set-Cookie"]

    assert cookie.startswith("__Host-forecast_session=")
    assert cookie.partition("; ")[2] == "Secure; HttpOnly; Path=/; SameSite=Lax"
    assert person.get("/me").status_code == 200


def test_over_tls_a_cookie_that_any_host_can_set_is_not_read(app: Flask, bob: Person) -> None:
    person = Person(app, "https://localhost")
    person.client.set_cookie("forecast_session", bob.cookie() or "", secure=True)

    assert person.get("/me").status_code == 401


@pytest.mark.parametrize("name", ["bob", "nobody"])
def test_a_wrong_name_or_password_is_refused_in_the_same_words(nobody: Person, name: str) -> None:
    answer = nobody.log_in(name, "wrong")

    assert answer.status_code == 401
    assert answer.get_json()["type"] == "urn:forecast-service:wrong-credentials"
    assert answer.get_json()["detail"] == "The user name or the password is wrong."
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("name", ["", " ", "a\0b", "x" * 300])
def test_what_can_be_no_name_is_refused_at_once(nobody: Person, name: str) -> None:
    assert nobody.log_in(name).status_code == 422


def test_after_five_failures_the_answer_says_when_to_try_again(nobody: Person) -> None:
    assert {nobody.log_in("bob", "wrong").status_code for _ in range(5)} == {401}

    answer = nobody.log_in("bob")

    assert answer.status_code == 429
    assert answer.get_json()["type"] == "urn:forecast-service:too-many-attempts"
    assert 890 <= int(answer.headers["Retry-After"]) <= 900


def test_a_session_that_ended_is_not_known(bob: Person) -> None:
    old = bob.cookie()

    answer = bob.send("DELETE", "/session")

    assert answer.status_code == 204
    assert bob.cookie() is None
    bob.client.set_cookie("forecast_session", old or "")
    assert bob.get("/me").status_code == 401


def test_a_log_in_again_does_not_continue_the_old_session(bob: Person) -> None:
    old = bob.cookie()

    bob.log_in("bob")

    assert bob.cookie() not in (None, old)


@pytest.mark.parametrize("token", [None, "", "x", "ü"])
def test_a_change_without_the_token_of_the_session_is_refused(
    bob: Person, token: str | None
) -> None:
    bob.token = token

    for method, path in [("DELETE", "/session"), ("PATCH", "/me"), ("POST", "/me/password")]:
        answer = bob.send(method, path, {"language": "en"})
        assert answer.status_code == 403
        assert "'X-CSRF-Token'" in answer.get_json()["detail"]
    assert bob.get("/me").status_code == 200


def test_the_token_of_another_session_is_refused(ann: Person, bob: Person) -> None:
    bob.token = ann.token

    assert bob.send("PATCH", "/me", {"language": "en"}).status_code == 403


def test_every_route_that_changes_wants_the_token(app: Flask, ann: Person) -> None:
    ann.token = None
    public = {"/session", "/first-admin", "/aws", "/aws/"}

    for rule in app.url_map.iter_rules():
        path = rule.rule.removeprefix("/v1")
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
            if path in public:
                continue
            filled = path.replace("<", "").replace(">", "")
            assert ann.send(method, filled).status_code == 403, (method, path)


def test_a_page_of_another_site_can_not_log_somebody_in(nobody: Person) -> None:
    headers = {"Origin": "https://evil.example"}

    answer = nobody.send("POST", "/session", {"user": "bob", "password": PASSWORD}, headers=headers)

    assert answer.status_code == 403
    assert nobody.cookie() is None


def test_a_key_counts_more_than_the_cookie(ann: Person, service: Service) -> None:
    _, key = service.keys.create("report", ["read"], created_by="test")

    answer = ann.send("GET", "/me", headers={"Authorization": f"Bearer {key}"})

    assert answer.get_json()["name"] == "report"
    assert answer.get_json()["csrf_token"] is None


# forms without JavaScript


def post_form(person: Person, **fields: str) -> Any:
    return person.client.post("/session", data=fields, base_url=person.base_url)


@pytest.mark.quick(3)
@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        ("/store/7?days=91", "/store/7?days=91"),
        ("", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("/\t/evil.example/", "/"),
        ("/%0d%0aSet-Cookie:x", "/%0d%0aSet-Cookie:x"),
        ("javascript:alert(1)", "/"),
        ("store/7", "/"),
    ],
)
def test_a_form_leads_to_a_page_of_this_host_only(
    nobody: Person, wanted: str, location: str
) -> None:
    answer = post_form(nobody, user="bob", password=PASSWORD, next=wanted)

    assert answer.status_code == 303
    assert answer.headers["Location"] == location
    assert nobody.get("/me").status_code == 200


@pytest.mark.parametrize("failures", [0, 5])
def test_a_form_that_fails_leads_back_to_the_log_in(nobody: Person, failures: int) -> None:
    for _ in range(failures):
        nobody.log_in("bob", "wrong")

    answer = post_form(nobody, user="bob", password="wrong", next="/store/7")

    kind = "too-many-attempts" if failures else "wrong-credentials"
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/login?failed={kind}&next=%2Fstore%2F7#failed"
    assert nobody.cookie() is None


def test_the_log_in_page_needs_no_script(nobody: Person) -> None:
    page = nobody.get("/login").get_data(as_text=True)

    assert '<form id="login" method="post" action="/session">' in page
    assert 'id="failed"' in page
    assert "/session/oidc" not in page


# another password, another language


def test_another_password_keeps_this_browser_logged_in_and_no_other(
    app: Flask, bob: Person
) -> None:
    other = Person(app)
    other.log_in("bob")
    body = {"password": PASSWORD, "new_password": NEW_PASSWORD}

    answer = bob.send("POST", "/me/password", body)

    assert answer.status_code == 200
    assert bob.get("/me").get_json() == answer.get_json()
    assert other.get("/me").status_code == 401
    assert other.log_in("bob").status_code == 401
    assert other.log_in("bob", NEW_PASSWORD).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"password": "wrong", "new_password": NEW_PASSWORD}, 401),
        ({"password": PASSWORD, "new_password": "short"}, 422),
        ({"password": PASSWORD, "new_password": PASSWORD}, 422),
        ({"new_password": NEW_PASSWORD}, 422),
    ],
)
def test_another_password_needs_the_present_one_and_must_be_good(
    bob: Person, body: dict[str, str], status: int
) -> None:
    assert bob.send("POST", "/me/password", body).status_code == status
    assert bob.get("/me").status_code == 200
    assert bob.log_in("bob").status_code == 200


def test_a_key_has_neither_password_nor_language(nobody: Person, service: Service) -> None:
    _, key = service.keys.create("report", ["read"], created_by="test")
    headers = {"X-API-Key": key}
    body = {"password": PASSWORD, "new_password": NEW_PASSWORD}

    assert nobody.send("POST", "/me/password", body, headers=headers).status_code == 409
    assert nobody.send("PATCH", "/me", {"language": "de"}, headers=headers).status_code == 409


def test_a_user_chooses_the_language_of_the_pages(bob: Person) -> None:
    assert bob.send("PATCH", "/me", {"language": "en"}).get_json()["language"] == "en"
    assert bob.get("/me").get_json()["language"] == "en"
    assert bob.send("PATCH", "/me", {"language": None}).get_json()["language"] is None
    assert bob.send("PATCH", "/me", {"language": "fr"}).status_code == 422


def test_a_form_without_javascript_logs_out(bob: Person, service: Service) -> None:
    token = bob.client.get("/log-out").text.partition('name="csrf_token" value="')[2][:64]

    answer = bob.client.post("/log-out", data={"csrf_token": token})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert bob.cookie() is None
    assert bob.get("/me").status_code == 401
    entry = service.audit.list(AuditFilter(action="logged_out"))[0]
    assert (entry.kind, entry.who) == ("user", "bob")


@pytest.mark.parametrize("sent", [{}, {"csrf_token": "0" * 64}, {"csrf_token": "ä"}])
def test_a_form_of_another_site_logs_nobody_out(bob: Person, sent: dict[str, str]) -> None:
    assert bob.client.post("/log-out", data=sent).status_code == 403
    assert bob.get("/me").status_code == 200


def test_who_is_not_logged_in_is_sent_to_the_log_in_page(nobody: Person) -> None:
    for answer in (nobody.client.get("/log-out"), nobody.client.post("/log-out")):
        assert (answer.status_code, answer.headers["Location"]) == (303, "/login")


def test_a_page_without_javascript_leads_to_the_log_out(bob: Person, nobody: Person) -> None:
    assert '<a href="/log-out">' in bob.client.get("/").text
    assert '<a href="/log-out">' not in nobody.client.get("/login").text
