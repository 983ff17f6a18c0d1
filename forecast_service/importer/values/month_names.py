"""Month names in the languages whose exports are read."""

from __future__ import annotations

import unicodedata

__all__ = ["month_number"]

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
