"""The audit log over HTTP: who did what, as pages and files."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from .people import Person


def entries(person: Person, query: str = "") -> list[dict[str, Any]]:
    answer = person.get(f"/audit{query}")
    assert answer.status_code == 200, answer.get_json()
    found: list[dict[str, Any]] = answer.get_json()["entries"]
    return found


def test_a_change_is_recorded_with_user_address_and_request(ann: Person) -> None:
    ann.send("PATCH", "/users/bob", {"role": "planner"}, headers={"X-Request-ID": "req-7"})

    (entry,) = entries(ann, "?action=user_changed")

    assert entry.pop("id") > 0
    assert entry.pop("at").endswith("Z")
    assert entry == {
        "kind": "user",
        "who": "ann",
        "action": "user_changed",
        "subject": "bob",
        "details": {"role": "planner"},
        "address": "127.0.0.1",
        "request_id": "req-7",
    }


def test_log_ins_failures_and_log_outs_are_recorded(ann: Person, bob: Person) -> None:
    bob.send("DELETE", "/session")
    bob.token = None
    bob.log_in("bob", "wrong")

    assert [(entry["who"], entry["action"]) for entry in entries(ann, "?limit=4")] == [
        ("bob", "log_in_failed"),
        ("bob", "logged_out"),
        ("bob", "logged_in"),
        ("ann", "logged_in"),
    ]


def test_keys_are_recorded(ann: Person) -> None:
    key = ann.send("POST", "/keys", {"name": "till", "scopes": ["read"]}).get_json()
    ann.send("DELETE", f"/keys/{key['id']}")
    ann.send("DELETE", f"/keys/{key['id']}")  # changes nothing

    assert [(e["who"], e["action"], e["subject"]) for e in entries(ann, "?limit=3")] == [
        ("ann", "key_revoked", "till"),
        ("ann", "key_created", "till"),
        ("ann", "logged_in", None),
    ]
    assert key["key"] not in ann.get("/audit").get_data(as_text=True)


def test_sales_and_imports_are_recorded_under_the_key_that_sent_them(ann: Person) -> None:
    key = ann.send("POST", "/keys", {"name": "till", "scopes": ["import"]}).get_json()["key"]
    headers = {"Authorization": f"Bearer {key}"}
    row = {"store_number": 1, "date": "2024-01-01"}
    sent = {"sales": [{**row, "sales": 3}], "create": True}

    added = ann.send("POST", "/sales", sent, headers=headers).get_json()["id"]
    removed = ann.send("DELETE", "/sales", {"sales": [row]}, headers=headers).get_json()["id"]
    file = {"data": b"store,date,sales\n1,2024-01-01,3\n", "content_type": "text/csv"}
    imported = ann.send("POST", "/imports", headers=headers, **file).get_json()["id"]

    assert [(e["kind"], e["who"], e["action"], e["subject"]) for e in entries(ann, "?limit=3")] == [
        ("key", "till", "imported", imported),
        ("key", "till", "sales_removed", removed),
        ("key", "till", "sales_added", added),
    ]


def test_pages_follow_each_other(ann: Person) -> None:
    for _ in range(5):
        ann.send("PATCH", "/me", {"language": "de"})
    seen, address = [], "/audit?action=user_changed&limit=2"

    while address:
        page = ann.get(address).get_json()
        seen += [entry["id"] for entry in page["entries"]]
        address = page["next"]

    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)


def test_times_are_a_filter(ann: Person) -> None:
    assert entries(ann, "?until=2020-01-01") == []
    assert entries(ann, "?since=2020-01-01T00:00:00%2B02:00&who=ann")
    assert entries(ann, "?since=2990-01-01") == []


@pytest.mark.parametrize("query", ["action=x", "since=x", "limit=0", "before=0", "user=ann"])
def test_an_unknown_filter_is_refused(ann: Person, query: str) -> None:
    assert ann.get(f"/audit?{query}").status_code == 422


def test_it_can_be_taken_away_as_csv_and_spreadsheet(ann: Person) -> None:
    ann.send("POST", "/users", {"name": "=cmd|calc", "role": "viewer"})

    text = ann.get("/audit?format=csv")
    rows = list(csv.DictReader(io.StringIO(text.get_data(as_text=True))))
    book = CalamineWorkbook.from_filelike(io.BytesIO(ann.get("/audit?format=xlsx").data))
    cells = book.get_sheet_by_index(0).to_python()

    assert text.headers["Content-Disposition"] == "attachment; filename=audit.csv"
    assert rows[0]["action"] == "user_created"
    assert rows[0]["subject"] == "'=cmd|calc"
    assert rows[0]["details"] == '{"role":"viewer"}'
    assert len(rows) == len(entries(ann))
    assert cells[0] == list(rows[0])
    assert cells[1][4] == "=cmd|calc"
    assert len(cells) == len(rows) + 1
