"""Sales that were sent at the same time: loaded as one, and undone as one on request."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from support import PATIENCE, in_days, naive

from forecast_service.cli import main
from forecast_service.settings import Settings
from forecast_service.worker import Worker

STORES = (1, 2, 3)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The quickest algorithm; accuracy does not matter here."""
    return naive(settings)


@pytest.fixture
def sent(client: FlaskClient, settings: Settings) -> list[str]:
    """Ids of three imports that waited at the same time."""
    days = [in_days(number) for number in range(-60, 0)]
    rows = [f"{store},{day},100" for store in STORES for day in days]
    content = "\n".join(["store,date,sales", *rows])
    client.post("/imports", data=content, content_type="text/csv")
    Worker(settings).run_until_idle(PATIENCE)
    answers = [
        client.post(
            "/sales", json={"sales": [{"store_number": store, "date": in_days(0), "sales": store}]}
        )
        for store in STORES
    ]
    Worker(settings).run_until_idle(PATIENCE)
    return [answer.get_json()["id"] for answer in answers]


def last_sales(client: FlaskClient) -> list[float]:
    histories = [client.get(f"/stores/{store}/history").get_json() for store in STORES]
    return [history["days"][-1]["sales"] for history in histories]


def test_each_has_its_own_report_and_names_the_one_that_led(
    client: FlaskClient, sent: list[str]
) -> None:
    documents = [client.get(f"/imports/{each}").get_json() for each in sent]

    assert [document["state"] for document in documents] == ["done"] * 3
    assert [document["loaded_with"] for document in documents] == [None, sent[0], sent[0]]
    assert [document["report"]["sales_rows"] for document in documents] == [1, 1, 1]
    assert last_sales(client) == [1, 2, 3]


def test_an_undo_of_one_names_the_way_to_undo_all(client: FlaskClient, sent: list[str]) -> None:
    refused = client.delete(f"/imports/{sent[1]}")
    undone = client.delete(f"/imports/{sent[1]}?together=true")

    assert refused.status_code == 409
    assert refused.get_json()["detail"] == (
        f"Import '{sent[1]}' was loaded together with 2 other imports, because they waited at the "
        "same time. Only all of them can be undone. To correct this one alone, send its right "
        "rows. 'together=true' undoes all of them."
    )
    assert undone.get_json()["state"] == "undone"
    assert last_sales(client) == [100, 100, 100]


def test_a_command_undoes_all_of_them(
    client: FlaskClient,
    sent: list[str],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORECAST_HOME", str(settings.home))
    monkeypatch.setenv("FORECAST_DATABASE_URL", settings.resolved_database_url)
    refused = CliRunner().invoke(main, ["undo", "--no-wait"])
    undone = CliRunner().invoke(main, ["undo", "--together", "--no-wait"])

    assert (refused.exit_code, undone.exit_code) == (1, 0)
    assert "'forecast-service undo --together' undoes all of them." in refused.output
    assert client.get(f"/imports/{sent[0]}").get_json()["state"] == "undone"
    assert last_sales(client) == [100, 100, 100]
