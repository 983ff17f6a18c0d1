"""ForecastClient: forecasts, trainings, imports and what-ifs of a running service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import pandas as pd

from forecast_service.client.connection import Connection
from forecast_service.client.following import ENDED_IMPORTS, ENDED_RUNS, Progress, follow
from forecast_service.client.frames import (
    accuracy_frame,
    forecast_frame,
    history_frame,
    overview_frame,
    stores_frame,
    what_if_frame,
)
from forecast_service.client.parameters import (
    listed,
    sale,
    store_number,
    texts,
    upload,
    without_none,
)
from forecast_service.client.planning import PlanningMethods

__all__ = ["ForecastClient"]

Store = int | str
URL = "http://127.0.0.1:5000"
STORES_AT_ONCE = 500
PAGE = 1000
ITEMS_AT_ONCE = 500


class ForecastClient(PlanningMethods):
    """A service at one address.

        with ForecastClient("http://127.0.0.1:5000") as client:
            client.train(store=1)
            print(client.forecast(store=1))

    Parameters
    ----------
    url: address of the service.
    api_key: sent as a bearer token.
    timeout: longest wait in seconds for a connection, and for each part of an answer.
    attempts: how often a request is tried if the service is away or busy.

    Raises
    ------
    ApiError
        From any method: the service refused the request.
    NotReachable
        From any method: no answer came.
    """

    def __init__(
        self,
        url: str = URL,
        api_key: str | None = None,
        *,
        timeout: float = 30.0,
        attempts: int = 4,
    ) -> None:
        self._connection = Connection(url, api_key, timeout, attempts)

    def __enter__(self) -> ForecastClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close idle connections."""
        self._connection.close()

    def stores(self, region: str | None = None) -> pd.DataFrame:
        """All stores, or those of a region, in the order of their numbers."""
        return stores_frame(self._all_stores(region))

    def overview(
        self, region: str | None = None, *, search: str | None = None, sort: str = "problems"
    ) -> pd.DataFrame:
        """How all stores are doing, the worst first; see ``frames.overview_frame``.

        ``search`` is part of the name or number of stores; ``sort`` names a column.
        """
        query = without_none(region=region, search=search, sort=sort, limit=PAGE)
        pages = [self._connection.json("GET", "/overview", params=query)]
        while pages[-1]["next"] is not None:
            query["after"] = str(pages[-1]["stores"][-1]["store_number"])
            pages.append(self._connection.json("GET", "/overview", params=query))
        return overview_frame(pages)

    def accuracy(
        self, store: Store | None = None, *, region: str | None = None, weeks: int = 13
    ) -> pd.DataFrame:
        """How far off the served forecasts were, by lag; see ``frames.accuracy_frame``."""
        number = None if store is None else str(store)
        query = without_none(store_number=number, region=region, weeks=weeks)
        return accuracy_frame(self._connection.json("GET", "/accuracy", params=query))

    def forecast(
        self,
        store: Store | Sequence[Store],
        *,
        item: str | Sequence[str] | None = None,
        start: str | None = None,
        end: str | None = None,
    ) -> pd.DataFrame:
        """The current forecast of one store or many; see ``frames.forecast_frame``.

        Of sales per item, the total of each store (quantiles of the sum); ``item`` names items.
        ``start`` and ``end`` are days or times in ISO 8601, both included.
        """
        question = without_none(item=item, forecast_start_date=start, forecast_end_date=end)
        documents: list[Any] = []
        for stores in _batches(store):
            body = {"store_numbers": stores, **question}
            documents += self._connection.json("POST", "/forecast", json=body)["forecasts"]
        return forecast_frame(documents)

    def items(
        self, store: Store, *, start: str | None = None, end: str | None = None
    ) -> pd.DataFrame:
        """The current forecast of every item of a store; empty if its sales are not per item."""
        question = without_none(forecast_start_date=start, forecast_end_date=end)
        body = {"store_number": store_number(store), "limit": ITEMS_AT_ONCE, **question}
        items: list[Any] = []
        while True:
            page = self._connection.json("POST", "/forecast", json=body)
            items += page.get("items") or ()
            if page.get("next") is None:
                return forecast_frame(items)
            body["after"] = items[-1]["item"]

    def history(
        self,
        store: Store,
        *,
        item: str | None = None,
        start: str | None = None,
        end: str | None = None,
        limit: int = PAGE,
    ) -> pd.DataFrame:
        """The last ``limit`` days of sales between ``start`` and ``end``."""
        query = without_none(item=item, start=start, end=end, limit=limit)
        path = f"/stores/{quote(str(store), safe='')}/history"
        return history_frame(self._connection.json("GET", path, params=query))

    def what_if(
        self,
        store: Store | Sequence[Store],
        changes: Sequence[Mapping[str, Any]],
        *,
        item: str | None = None,
        start: str | None = None,
        end: str | None = None,
    ) -> pd.DataFrame:
        """The forecast with changed covariates, beside the one without; nothing is stored.

        A change is ``{"covariate": "promo", "value": 1, "from": "2026-12-01", "to":
        "2026-12-06"}``; without ``to``, it is of one day.
        """
        question = without_none(item=item, forecast_start_date=start, forecast_end_date=end)
        body = {"store_numbers": listed(store), "changes": list(changes), **question}
        answer = self._connection.json("POST", "/what-if", json=body)
        return what_if_frame(answer["forecasts"])

    def train(
        self,
        store: Store,
        *,
        force: bool = False,
        wait: bool = True,
        seconds: float = 3600.0,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Ask for a training, and follow its run if one was started or joined.

        Parameters
        ----------
        force: train even if the latest predictor is young enough.
        wait: return when the new forecast is served; False returns the decision at once.
        seconds: longest wait.
        progress: called with the record of the run whenever it is looked at.

        Returns
        -------
        The decision of the service: ``message``, ``started``, ``joined``, ``run`` and its numbers.

        Raises
        ------
        RunFailed, TimedOut
            The run failed or was cancelled; the wait was over.
        """
        body = {"store_number": store_number(store), "force": force}
        decision: dict[str, Any] = self._connection.json("POST", "/training", json=body)
        run = decision["run"]
        if run is not None and wait:
            path = f"/training/{run['id']}"
            decision["run"] = follow(self._connection, path, ENDED_RUNS, seconds, progress)
        return decision

    def runs(self, limit: int = 100) -> list[dict[str, Any]]:
        """The newest training runs."""
        answer = self._connection.json("GET", "/training", params={"limit": limit})
        return list(answer["runs"])

    def cancel(self, run_id: str) -> dict[str, Any]:
        """Cancel a training run."""
        return dict(self._connection.json("DELETE", f"/training/{quote(run_id, safe='')}"))

    def import_sales(
        self,
        sales: str | Path | pd.DataFrame | None,
        *,
        future: str | Path | pd.DataFrame | None = None,
        features: str | Path | pd.DataFrame | None = None,
        stores: str | Path | pd.DataFrame | None = None,
        append: bool = False,
        dry_run: bool = False,
        wait: bool = True,
        seconds: float = 3600.0,
        progress: Progress | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """Import files or DataFrames; ``options`` are those of ``POST /imports``.

        With ``append``, rows are added and correct earlier ones. Without it, they replace all.

        Returns
        -------
        The report with ``dry_run``, else the record of the import with its ``id`` and ``report``.

        Raises
        ------
        RunFailed, TimedOut
            The files were refused, and nothing of them was kept; the wait was over.
        """
        given = {"sales": sales, "future": future, "features": features, "stores": stores}
        mode = "INCREMENTAL" if append else "FULL"
        query = {"mode": mode, **texts({"dry_run": dry_run, **options})}
        with ExitStack() as opened:
            files = {
                role: upload(role, content, opened)
                for role, content in given.items()
                if content is not None
            }
            answer: dict[str, Any] = self._connection.json(
                "POST", "/imports", repeatable=dry_run, params=query, files=files
            )
        if dry_run or not wait:
            return answer
        return self._follow_import(answer["id"], seconds, progress)

    def undo(self, import_id: str) -> dict[str, Any]:
        """Undo the last import."""
        path = f"/imports/{quote(import_id, safe='')}"
        return dict(self._connection.json("DELETE", path, repeatable=False))

    def send_sales(
        self,
        rows: pd.DataFrame,
        *,
        create: bool = False,
        allow_returns: bool = False,
        wait: bool = True,
        seconds: float = 600.0,
    ) -> dict[str, Any]:
        """Add or correct sales: columns ``store``, ``date``, ``sales`` and, if any, ``item``.

        A sale of NaN forgets an earlier figure. ``create`` allows stores that are new.

        Returns
        -------
        The record of the import.

        Raises
        ------
        RunFailed, TimedOut
            The rows were refused; the wait was over.
        """
        body = {
            "sales": [sale(row) for row in rows.to_dict("records")],
            **({"create": True} if create else {}),
            **({"allow_returns": True} if allow_returns else {}),
        }
        answer: dict[str, Any] = self._connection.json("POST", "/sales", json=body)
        return answer if not wait else self._follow_import(answer["id"], seconds)

    def is_ready(self) -> bool:
        """Whether the service answers and has a forecast."""
        return bool(self._connection.json("GET", "/readyz")["forecast"] == "ready")

    def _all_stores(self, region: str | None) -> Iterator[Mapping[str, Any]]:
        query = without_none(region=region, limit=PAGE)
        while True:
            page = self._connection.json("GET", "/stores", params=query)
            yield from page["stores"]
            if page["next"] is None:
                return
            query["after"] = str(page["stores"][-1]["store_number"])

    def _follow_import(
        self, identifier: str, seconds: float, progress: Progress | None = None
    ) -> dict[str, Any]:
        return follow(self._connection, f"/imports/{identifier}", ENDED_IMPORTS, seconds, progress)


def _batches(store: Store | Sequence[Store]) -> Iterator[list[Store]]:
    stores = listed(store)
    for start in range(0, len(stores), STORES_AT_ONCE):
        yield stores[start : start + STORES_AT_ONCE]
