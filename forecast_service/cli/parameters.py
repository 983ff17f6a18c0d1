"""Names on the command line: of stores, items, regions."""

from __future__ import annotations

import click

__all__ = ["NAME"]


class NameType(click.ParamType[str]):
    """A text without the blanks around it, as names are when a file is read."""

    name = "text"

    def convert(
        self, value: str, parameter: click.Parameter | None, context: click.Context | None
    ) -> str:
        """Strip the text, and refuse it if nothing is left."""
        if not value.strip():
            self.fail("The name is empty.", parameter, context)
        return value.strip()


NAME = NameType()
