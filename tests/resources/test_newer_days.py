"""One store's newer day does not move the forecasts of the others, and provenance says so."""

from __future__ import annotations

from flask.testing import FlaskClient
from support import in_days

from forecast_service.settings import Settings
from forecast_service.worker import Worker


def test_the_forecast_starts_after_the_last_day_of_most_stores(
    client: FlaskClient, settings: Settings
) -> None:
    def posted(*stores: int) -> None:
        rows = [{"store_number": s, "date": in_days(0), "sales": 50} for s in stores]
        assert client.post("/sales", json={"sales": rows}).status_code == 202
        Worker(settings).run_until_idle(600)

    def provenance() -> dict[str, object]:
        answer = client.get("/forecast?store_number=2").get_json()["provenance"]
        return {**answer, "first": answer["horizon"]["first"]}

    rows = [f"{store},{in_days(n)},100" for store in (1, 2, 3) for n in range(-60, 0)]
    content = "\n".join(["store,date,sales", *rows])
    client.post("/imports", data=content, content_type="text/csv")
    Worker(settings).run_until_idle(600)
    client.post("/training", json={"store_number": 1})
    Worker(settings).run_until_idle(600)

    posted(1)
    one = provenance()
    posted(2, 3)

    assert (one["first"], one["data_until"]) == (in_days(0), in_days(-1))
    assert one["assumptions"] == [
        f"The forecast starts after {in_days(-1)}, the last day that most series have. Newer days "
        "of series '1' are used as soon as most series have them."
    ]
    assert provenance()["first"] == in_days(1)
