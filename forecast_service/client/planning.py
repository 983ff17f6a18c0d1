"""What planners ask of the service: outlooks, comparisons of forecasts, scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import pandas as pd

from forecast_service.client.connection import Connection
from forecast_service.client.frames import comparison_frame, items_frame, outlook_frame
from forecast_service.client.parameters import store_number, without_none

__all__ = ["PlanningMethods"]

Store = int | str
PAGE = 1000


class PlanningMethods:
    """The methods of a client for planners."""

    _connection: Connection

    def outlook(
        self, store: Store, *, item: str | None = None, days: int | None = None
    ) -> pd.DataFrame:
        """Past and forecast of a store or an item, a row per period; see ``frames.outlook_frame``.

        ``days`` of history; default: 91.
        """
        query = without_none(item=item, days=days, full="true")
        path = f"/stores/{quote(str(store), safe='')}/outlook"
        return outlook_frame(self._connection.json("GET", path, params=query))

    def coming_week(self, store: Store, *, search: str | None = None) -> pd.DataFrame:
        """The items of a store with what each is expected to sell in seven days, most first."""
        query = without_none(search=search, limit=PAGE, full="true")
        path = f"/stores/{quote(str(store), safe='')}/items"
        pages = [self._connection.json("GET", path, params=query)]
        while pages[-1]["next"] is not None:
            query["after"] = pages[-1]["items"][-1]["item"]
            pages.append(self._connection.json("GET", path, params=query))
        return items_frame(pages)

    def forecasts(self, limit: int = 100) -> list[dict[str, Any]]:
        """The forecasts that are kept, newest first."""
        answer = self._connection.json("GET", "/forecasts", params={"limit": limit})
        return list(answer["forecasts"])

    def compare(
        self,
        store: Store,
        *,
        forecast: str | None = None,
        against: str | None = None,
        item: str | None = None,
    ) -> pd.DataFrame:
        """Two kept forecasts of a store by day; see ``frames.comparison_frame``.

        Both are ids; by default the newest forecast, and the one that was made before it.
        """
        if forecast is None or against is None:
            ids = [each["id"] for each in self.forecasts()]
            forecast = ids[0] if forecast is None else forecast
            against = ids[ids.index(forecast) + 1] if against is None else against
        query = without_none(store_number=str(store), item=item, against=against)
        path = f"/forecasts/{quote(forecast, safe='')}"
        return comparison_frame(self._connection.json("GET", path, params=query))

    def scenarios(self, store: Store | None = None) -> list[dict[str, Any]]:
        """The scenarios of a store, or of all, newest first; nothing is computed."""
        query = without_none(store_number=None if store is None else str(store), limit=PAGE)
        return list(self._connection.json("GET", "/scenarios", params=query)["scenarios"])

    def scenario(self, scenario_id: str) -> dict[str, Any]:
        """A scenario, computed against the current forecast."""
        return dict(self._connection.json("GET", f"/scenarios/{quote(scenario_id, safe='')}"))

    def save_scenario(
        self,
        name: str,
        store: Store,
        changes: Sequence[Mapping[str, Any]],
        *,
        item: str | None = None,
        note: str | None = None,
    ) -> dict[str, Any]:
        """Save a what-if for 30 days; ``changes`` are those of ``what_if``."""
        body = {
            "name": name,
            "store_number": store_number(store),
            "changes": list(changes),
            **without_none(item=item, note=note),
        }
        return dict(self._connection.json("POST", "/scenarios", repeatable=False, json=body))

    def delete_scenario(self, scenario_id: str) -> dict[str, Any]:
        """Delete a scenario."""
        path = f"/scenarios/{quote(scenario_id, safe='')}"
        return dict(self._connection.json("DELETE", path, repeatable=False))
