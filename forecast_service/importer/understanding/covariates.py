"""Covariates: the columns that are known for the future too, encoded as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from forecast_service.common.wording.coded import say
from forecast_service.errors import InvalidData, Remedy
from forecast_service.importer.files.candidates import (
    PAST_ONLY,
    Candidate,
    Flags,
    candidates,
    reason_to_leave_out,
    refuse_rows,
)
from forecast_service.importer.files.column_names import (
    attribute_name,
    plain_attribute_name,
    shown_name,
    snake,
    unique_names,
)
from forecast_service.importer.files.role_words import NO_WORDS, YES_WORDS
from forecast_service.importer.files.sheets import Sheet
from forecast_service.importer.values.number_texts import (
    Numbers,
    is_mostly_numbers,
    is_no_value,
    parse_numbers,
)
from forecast_service.importer.values.text_columns import Codes, parse_names
from forecast_service.storage.groups import Texts

__all__ = ["MAX_COVARIATES", "Covariates", "choose_covariates"]

MAX_COVARIATES = 13  # features of a related time series in the Amazon Forecast API
MAX_LEVELS = 12  # distinct texts that become indicators; a column with more is free text
TRUE, FALSE = YES_WORDS, NO_WORDS
ORDINARY = frozenset(
    (
        *("0", "none", "no", "-", "no_holiday", "regular", "normal", "false"),
        *("kein", "keine", "keiner", "nein", "aucun", "aucune", "non", "ninguno", "ninguna"),
        *("nessuno", "nessuna", "geen", "nee", "brak", "nie", "nenhum", "无", "否", "没有"),
    )
)

Floats = npt.NDArray[np.float64]


@dataclass
class Covariates:
    """The chosen covariates, and the columns that are left out."""

    values: dict[str, Floats] = field(default_factory=dict)
    """One entry per row of the sheets (one after the other); NaN where no file has a value."""
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Column of a file -> its covariates."""
    texts: dict[str, Mapping[str, str | None]] = field(default_factory=dict)
    """See ``groups.Texts``; texts of earlier imports are kept."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Column of a file -> why it is not used."""
    past_only: list[str] = field(default_factory=list)
    opens_by_rests: bool = False
    """Whether rest days of the stores state ``open``, as no file has this column."""
    notes: list[str] = field(default_factory=list)


def choose_covariates(
    sheets: Sequence[Sheet],
    future: Flags,
    group_names: Sequence[str] | None,
    *,
    replaces: bool,
    texts: Texts,
) -> Covariates:
    """Choose and encode the covariates.

    Parameters
    ----------
    future: a flag per row of the sheets: it lies after the last sale of its series.
    group_names: covariates of the dataset group; None if it has none yet, so that any are allowed.
    replaces: whether this import replaces all data; it must then have all of them.
    texts: texts of earlier imports and their covariates; used only if ``group_names`` is not None.

    Raises
    ------
    InvalidData
        A column of numbers has text in some rows, there are too many covariates, or they differ
        from those of the dataset group.
    """
    chosen = Covariates(texts={} if group_names is None else dict(texts))
    columns = []
    days = np.concatenate([sheet.days for sheet in sheets])
    for column in candidates(sheets, group_names or ()):
        is_known = group_names is not None and column.attribute in group_names
        reason = None if is_known else reason_to_leave_out(column, future, days)
        if reason is None:
            columns.append(column)
            continue
        chosen.left_out[column.title] = reason
        if reason.startswith(PAST_ONLY):
            chosen.past_only.append(column.title)
    indicators = _known_indicators(columns, group_names or ())
    for column in columns:
        _encode(column, sheets, chosen, indicators.get(column.slug, ()))
    if group_names is not None:
        _match_group(chosen, group_names, replaces=replaces)
    _refuse_too_many(chosen)
    return chosen


def _known_indicators(
    columns: Sequence[Candidate], group_names: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Slug of a text column -> its indicators in ``group_names``."""
    numeric = {column.attribute for column in columns}
    indicators: dict[str, tuple[str, ...]] = {}
    for name in group_names:
        if name in numeric:
            continue
        slugs = [column.slug for column in columns if _is_indicator_of(name, column)]
        if slugs:
            slug = max(slugs, key=len)
            indicators[slug] = (*indicators.get(slug, ()), name)
    return indicators


def _is_indicator_of(name: str, column: Candidate) -> bool:
    plain = plain_attribute_name(column.title)
    return shown_name(name).startswith(f"{column.slug}_") or name.startswith(f"{plain}_")


def _encode(
    column: Candidate, sheets: Sequence[Sheet], chosen: Covariates, indicators: tuple[str, ...]
) -> None:
    numbers = parse_numbers(
        column.content, column.title, hint=column.decimal_hint, decimal=column.decimal
    )
    if _is_numeric(column, numbers) and not indicators:
        refuse_rows(sheets, numbers.bad, numbers.describe, numbers.remedy)
        chosen.notes += [] if numbers.note is None else [numbers.note]
        _add(chosen, column, numbers.values)
        return
    codes = parse_names(column.content, column.title)
    levels = {name.lower() for name in codes.names if not is_no_value(name)}
    if levels <= TRUE | FALSE and not indicators:
        truth = np.array([_truth(name.lower()) for name in codes.names] + [np.nan])
        _add(chosen, column, truth[codes.values])
    elif len(levels) <= MAX_LEVELS:
        _add_indicators(chosen, column, codes, indicators)
    else:
        chosen.left_out[column.title] = (
            f"it has {len(levels)} different texts; at most {MAX_LEVELS} can be used"
        )


def _is_numeric(column: Candidate, numbers: Numbers) -> bool:
    """Whether a column has numbers, apart from mistakes and from numbers that are undecided."""
    if numbers.remedy is not None:
        numbers = parse_numbers(column.content, column.title, decimal=".")
    return not len(numbers.bad) or is_mostly_numbers(column.content, numbers)


def _truth(word: str) -> float:
    return np.nan if is_no_value(word) else float(word in TRUE)


def _add(chosen: Covariates, column: Candidate, values: Floats) -> None:
    (name,) = unique_names([column.attribute], taken=chosen.values)
    chosen.columns[column.title] = (name,)
    chosen.values[name] = values


def _add_indicators(
    chosen: Covariates, column: Candidate, codes: Codes, group_names: tuple[str, ...]
) -> None:
    """Add a covariate of 0 and 1 per text. An ordinary text has none: all of them are 0."""
    before = _take_earlier_texts(chosen, column) if group_names else {}
    ordinary = _ordinary(codes, has_known=bool(group_names))
    ordinary |= {text for text, name in before.items() if name is None}
    texts = [name for name in codes.names if name not in ordinary]
    names = [before.get(text) or _indicator_name(column, text, group_names) for text in texts]
    if group_names:
        new = [text for text, name in zip(texts, names, strict=True) if name not in group_names]
        if new:
            chosen.notes.append(say("new_text", column=column.title, text=new[0]))
        of_name = {
            name: texts[names.index(name)] if name in names else None for name in group_names
        }
    else:
        names = unique_names(names, taken=chosen.values)
        of_name = dict(zip(names, texts, strict=True))
    for name, text in of_name.items():
        index = -2 if text is None else codes.names.index(text)
        flags = (codes.values == index).astype(np.float64)
        chosen.values[name] = np.where(column.present, flags, np.nan)
    chosen.columns[column.title] = tuple(of_name)
    recorded = {name for name in before.values() if name is not None}
    added = {
        text or shown_name(name).removeprefix(f"{column.slug}_"): name
        for name, text in of_name.items()
        if name not in recorded
    }
    chosen.texts[column.title] = {**dict.fromkeys(codes.names), **added, **before}


def _indicator_name(column: Candidate, text: str, group_names: Sequence[str]) -> str:
    """Name of the covariate of a text; earlier versions knew the letters a to z only."""
    name = attribute_name(f"{column.slug}_{snake(text) or 'other'}")
    plain = plain_attribute_name(text).removesuffix("_field") if snake(text) else "other"
    earlier = plain_attribute_name(f"{column.title} {plain}")
    return earlier if name not in group_names and earlier in group_names else name


def _take_earlier_texts(chosen: Covariates, column: Candidate) -> Mapping[str, str | None]:
    """Remove the earlier texts of a column from ``chosen`` and return them with their covariates.

    The title may be spelled differently now. The caller adds the texts again.
    """
    titles = [title for title in chosen.texts if snake(title) == column.slug]
    return chosen.texts.pop(titles[0]) if titles else {}


def _ordinary(codes: Codes, *, has_known: bool) -> set[str]:
    """The texts that mean "nothing special"; if there is none, the most frequent one.

    The most frequent one does not count if the indicators are known already: the file may have a
    single day.
    """
    ordinary = {n for n in codes.names if n.lower() in ORDINARY or is_no_value(n)}
    if ordinary or has_known:
        return ordinary
    counts = np.bincount(codes.values[codes.values >= 0], minlength=len(codes.names))
    return {codes.names[int(np.argmax(counts))]}


def _match_group(chosen: Covariates, group_names: Sequence[str], *, replaces: bool) -> None:
    """Sort the covariates as in the dataset group; refuse or leave out all others."""
    extra = [name for name in chosen.values if name not in group_names]
    missing = [name for name in group_names if name not in chosen.values]
    if replaces and (extra or missing):
        found = f"have no covariate {_listed(missing)}" if missing else f"add {_listed(extra)}"
        raise InvalidData(
            f"The files {found}. The dataset group has the covariates {_listed(group_names)}. "
            "Import the same columns.",
            remedy=Remedy.REPLACE_KIND,
        )
    for title, names in list(chosen.columns.items()):
        if any(name in extra for name in names):
            del chosen.columns[title]
            chosen.left_out[title] = "it is not a covariate of the dataset group"
    chosen.values = {name: chosen.values[name] for name in group_names if name in chosen.values}


def _refuse_too_many(chosen: Covariates) -> None:
    if len(chosen.values) > MAX_COVARIATES:
        raise InvalidData(
            f"The files have {len(chosen.values)} covariates: {_listed(list(chosen.values))}. "
            f"At most {MAX_COVARIATES} are allowed.",
            remedy=Remedy.IGNORE_COLUMNS,
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{shown_name(name)}'" for name in names) or "none"
