"""/uploads: files are sent once, checked as often as needed, then imported."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from support import PATIENCE

from forecast_service.resources.contract.operation_answers import UndoPreview, Upload
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.upkeep.sweeping import sweep
from forecast_service.worker import Worker

from .conftest import Refusal

DAYS = [f"2015-05-{day:02d}" for day in range(1, 32)]
SALES = "Store,Date,Sales\n" + "".join(f"{s},{day},{100 + s}\n" for s in (1, 2) for day in DAYS)
DOUBTFUL = "Store,Date,Sales\n" + "".join(f"1,{day},1.050\n" for day in DAYS)


def upload(client: FlaskClient, text: str, name: str = "may.csv") -> dict[str, Any]:
    """Send one file of sales, and return the answer."""
    response = client.post("/uploads", data={"sales": (io.BytesIO(text.encode()), name)})
    assert response.status_code == 201
    answer: dict[str, Any] = response.get_json()
    Upload.model_validate(answer)
    assert response.headers["Location"] == f"/uploads/{answer['id']}"
    return answer


def test_an_upload_is_checked_and_then_imported_without_being_sent_again(
    client: FlaskClient, settings: Settings
) -> None:
    sent = upload(client, SALES)

    report = client.post(f"/imports?upload={sent['id']}&dry_run=true").get_json()
    accepted = client.post(f"/imports?upload={sent['id']}")
    Worker(settings).run_until_idle(PATIENCE)

    assert sent["files"] == {"sales": {"name": "may.csv", "bytes": len(SALES)}}
    assert (report["sales_rows"], report["new_stores"]) == (62, 2)
    assert accepted.status_code == 202
    assert client.get(accepted.headers["Location"]).get_json()["state"] == "done"


def test_a_question_about_an_upload_is_answered_without_sending_it_again(
    client: FlaskClient, refusal: Refusal
) -> None:
    path = f"/imports?upload={upload(client, DOUBTFUL)['id']}&dry_run=true"

    problem = refusal("POST", path, 422)
    report = client.post(f"{path}&decimal=point").get_json()

    assert problem["remedy"]["code"] == "name_decimal"
    assert problem["detail"].endswith(problem["remedy"]["text"])
    assert report["totals"][0]["maximum"] == 1.05


def test_an_imported_upload_cannot_be_imported_twice(client: FlaskClient, refusal: Refusal) -> None:
    path = f"/imports?upload={upload(client, SALES)['id']}"
    client.post(path)

    assert "imported already" in refusal("POST", path, 404)["detail"]


def test_a_forgotten_upload_is_gone(client: FlaskClient, refusal: Refusal) -> None:
    sent = upload(client, SALES)

    assert client.get(f"/uploads/{sent['id']}").get_json() == sent
    assert client.delete(f"/uploads/{sent['id']}").get_json() == sent
    refusal("GET", f"/uploads/{sent['id']}", 404)


@pytest.mark.parametrize("name", ["../forecast.db", "x", "0" * 20, ".."])
def test_an_upload_is_only_found_by_its_id(refusal: Refusal, name: str) -> None:
    refusal("POST", f"/imports?upload={name}", 404)


def test_an_import_has_an_upload_or_files(client: FlaskClient, refusal: Refusal) -> None:
    path = f"/imports?upload={upload(client, SALES)['id']}"

    detail = refusal("POST", path, 422, data=SALES, content_type="text/csv")["detail"]

    assert detail == (
        "The request names an upload, and has files of its own. Send one of them only."
    )


@pytest.mark.parametrize("role", ["../../sales", "secrets"])
def test_a_file_of_an_unknown_role_is_not_kept(
    refusal: Refusal, settings: Settings, role: str
) -> None:
    refusal("POST", "/uploads", 422, data={role: (io.BytesIO(b"x"), "x.csv")})

    assert not list(settings.home.glob("uploads/*"))


def test_a_refused_upload_leaves_nothing(refusal: Refusal, settings: Settings) -> None:
    refusal("POST", "/uploads", 422, data={}, content_type="multipart/form-data; boundary=x")

    assert not list(settings.home.glob("uploads/*"))


def test_an_upload_is_deleted_after_a_day(
    client: FlaskClient, settings: Settings, own_database: Database
) -> None:
    upload(client, SALES)

    kept, swept = (sweep(settings, own_database, folder_seconds=s) for s in (60.0, 0.0))

    assert (kept, swept) == (0, 1)


def imported(client: FlaskClient, settings: Settings, text: str, query: str) -> str:
    """Import a file, and return the id of the import."""
    answer = client.post(f"/imports{query}", data=text, content_type="text/csv").get_json()
    Worker(settings).run_until_idle(PATIENCE)
    return str(answer["id"])


def test_an_undo_says_beforehand_what_it_brings_back(
    client: FlaskClient, settings: Settings
) -> None:
    imported(client, settings, SALES, "")
    more = "Store,Date,Sales\n1,2015-06-01,5\n3,2015-05-31,5\n3,2015-06-01,5\n"
    last = imported(client, settings, more, "?mode=INCREMENTAL")

    preview = client.get(f"/imports/{last}/undo").get_json()
    client.delete(f"/imports/{last}")

    UndoPreview.model_validate(preview)
    assert preview == {
        "imports": [last],
        "now": {"stores": 3, "days": 65, "last_sale_on": "2015-06-01"},
        "after": {"stores": 2, "days": 62, "last_sale_on": "2015-05-31"},
        "stores_removed": 1,
        "stores_back": 0,
    }
    assert client.get("/stores").get_json()["count"] == preview["after"]["stores"]


def test_an_undo_of_a_replacement_brings_stores_back(
    client: FlaskClient, settings: Settings
) -> None:
    imported(client, settings, SALES, "")
    other = imported(client, settings, SALES.replace("\n2,", "\n4,"), "?replace=true")

    preview = client.get(f"/imports/{other}/undo").get_json()

    assert (preview["stores_removed"], preview["stores_back"]) == (1, 1)
    assert preview["after"] == preview["now"]


def test_an_undo_of_the_first_import_leaves_nothing(
    client: FlaskClient, settings: Settings
) -> None:
    first = imported(client, settings, SALES, "")

    after = client.get(f"/imports/{first}/undo").get_json()["after"]

    assert after == {"stores": 0, "days": 0, "last_sale_on": None}


def test_a_preview_refuses_what_the_undo_refuses(
    client: FlaskClient, refusal: Refusal, settings: Settings
) -> None:
    first = imported(client, settings, SALES, "")
    imported(client, settings, "Store,Date,Sales\n1,2015-06-01,5\n", "?mode=INCREMENTAL")

    previewed = refusal("GET", f"/imports/{first}/undo", 409)["detail"]

    assert previewed == refusal("DELETE", f"/imports/{first}", 409)["detail"]
    refusal("GET", "/imports/none/undo", 404)
