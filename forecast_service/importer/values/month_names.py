"""Month names in the languages whose exports are read."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["month_number", "without_weekday"]

SHORTEST = 3  # letters of an abbreviation
NAMES = (
    "january february march april may june july august september october november december",
    "januar februar maerz april mai juni juli august september oktober november dezember",
    "januar februar marz april mai juni juli august september oktober november dezember",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "styczen luty marzec kwiecien maj czerwiec lipiec sierpien wrzesien pazdziernik listopad "
    "grudzien",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika listopada "
    "grudnia",
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
    "jaenner feber mrz",
    "janner feber mrt",
)
# What follows must be a whole date, as "Mar 5 2024" is no Tuesday (mardi).
WEEKDAYS = re.compile(
    r"(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|mo|di|mi|do|fr|sa|so|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|sonnabend"
    r"|(?:lun|mar|mer|jeu|ven|sam|dim)|(?:lun|mar|mercre|jeu|vendre|same)di|dimanche"
    r"|lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo|mi[eé]|jue|vie|s[aá]b|dom"
    r"|(?:luned|marted|mercoled|gioved|venerd)[iì]|sabato|domenica|gio"
    r"|(?:maan|dins|woens|donder|vrij|zater|zon)dag|ma|wo|vr|za|zo"
    r"|poniedzia[lł]ek|wtorek|[sś]roda|czwartek|pi[aą]tek|sobota|niedziela|pon|wt|[sś]r|czw|pt"
    r"|ndz)\.?,?\s+(?=\d+[./-]|\d+(?:st|nd|rd|th)?\s+[^\W\d_]|[^\W\d_]{3,}\.?\s+\d)",
    re.IGNORECASE,
)


def without_weekday(date: str) -> str:
    """A date without the name of its weekday: ``Mon, 01 Jan 2024`` is ``01 Jan 2024``."""
    match = WEEKDAYS.match(date)
    return date if match is None else date[match.end() :]


def month_number(name: str) -> int | None:
    """1 to 12 for a name, or an abbreviation that begins only one month; None for others."""
    parts = unicodedata.normalize("NFKD", name.lower().replace("\u0142", "l"))
    plain = "".join(letter for letter in parts if not unicodedata.combining(letter))
    if len(plain) < SHORTEST:
        return None
    months = {
        number
        for names in NAMES
        for number, full in enumerate(names.split(), start=1)
        if full.startswith(plain)
    }
    return months.pop() if len(months) == 1 else None
