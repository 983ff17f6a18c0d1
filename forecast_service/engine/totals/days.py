"""How the errors of a forecast's days go together, so that days can be added up to weeks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecast_service.engine.panel import FloatArray

__all__ = ["comovement_of_days"]

DAYS = 7
PRIOR_WEEKS = 30.0  # weight, in weeks, of the prior that a series is like all others
LEAST_WEEKS = 4  # of all series together


def comovement_of_days(errors: Sequence[FloatArray]) -> FloatArray | None:
    """Mean correlation between the errors of two days of a week, 0 to 1, for each series, (n,).

    ``errors`` (n, horizon) of each backtest window, in spreads of their day; NaN where not known.
    The days of a whole week count only if at least two are known. A series with few weeks is drawn
    toward all series. None with too little evidence.
    """
    pairs = np.zeros(len(errors[0]) if errors else 0)
    products, weeks = np.zeros_like(pairs), np.zeros_like(pairs)
    for window in errors:
        count = window.shape[1] // DAYS
        blocks = window[:, : count * DAYS].reshape(len(window), count, DAYS)
        known = np.isfinite(blocks)
        values = np.where(known, np.clip(blocks, -4, 4), 0.0)
        number = known.sum(axis=2)
        products += (values.sum(axis=2) ** 2 - (values**2).sum(axis=2)).sum(axis=1)
        pairs += (number * (number - 1)).sum(axis=1)
        weeks += (number > 1).sum(axis=1)
    if weeks.sum() < LEAST_WEEKS:
        return None
    common = float(np.clip(products.sum() / pairs.sum(), 0.0, 1.0))
    own = np.divide(products, pairs, out=np.full_like(pairs, common), where=pairs > 0)
    drawn = (weeks * own + PRIOR_WEEKS * common) / (weeks + PRIOR_WEEKS)
    limited: FloatArray = np.clip(drawn, 0.0, 1.0)
    return limited
