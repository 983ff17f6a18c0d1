"""What a covariate is about, by its name: a promotion, a holiday, a price, or something else."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from forecast_service.importer.files.column_names import folded, shown_name
from forecast_service.reading.outlook.timeline import Floats
from forecast_service.storage.groups import Texts

__all__ = ["HOLIDAY", "PRICE", "PROMOTION", "column_of", "promoted_on", "subject_of"]

PROMOTION, HOLIDAY, PRICE = "promotion", "holiday", "price"
WORDS: Mapping[str, tuple[str, ...]] = {
    HOLIDAY: ("holiday", "feiertag", "ferien", "vacation", "feries", "festivo", "vacances"),
    PROMOTION: (
        *("promo", "aktion", "angebot", "discount", "rabatt", "campaign", "kampagne", "offer"),
        *("oferta", "offre", "aanbieding", "markdown", "coupon"),
    ),
    PRICE: ("price", "preis", "prix", "precio", "prezzo", "prijs", "cena"),
}


def subject_of(covariate: str, texts: Texts) -> str:
    """``promotion``, ``holiday``, ``price``, or the name of its column.

    Example
    -------
    >>> subject_of("state_holiday_a", {"StateHoliday": {"a": "state_holiday_a"}})
    'holiday'
    >>> subject_of("temperature", {})
    'temperature'
    """
    column = column_of(covariate, texts)
    plain = folded(column)
    return next((s for s, words in WORDS.items() if any(w in plain for w in words)), column)


def promoted_on(covariates: Mapping[str, Floats], texts: Texts) -> npt.NDArray[np.bool_] | None:
    """The periods with any promotion, by the covariates that are 0 or 1; None without one."""
    flags = [
        values == 1
        for name, values in covariates.items()
        if subject_of(name, texts) == PROMOTION and np.isin(values, (0.0, 1.0)).all()
    ]
    return np.any(flags, axis=0) if flags else None


def column_of(covariate: str, texts: Texts) -> str:
    """The column that a covariate comes from; a column of texts has several covariates."""
    for column, covariate_of in texts.items():
        if covariate in covariate_of.values():
            return column
    return shown_name(covariate)
