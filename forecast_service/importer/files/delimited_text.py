"""Text with separators: its header, its rows as a table, and the lines of the rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv

from forecast_service.errors import InvalidData
from forecast_service.importer.files.columns import is_total
from forecast_service.importer.files.findings import MAX_SHOWN, refuse
from forecast_service.importer.files.headers import find_header

__all__ = ["DelimitedText", "below_titles", "named_table", "read_table"]

DELIMITERS = ",;\t|"
SEPARATOR_LINE = re.compile(rb'"?sep=([^\r\n]|\t)"?[;,\t|]*(\r\n|\n|\r)', re.IGNORECASE)
LINE_END = re.compile(rb"\r\n|\n|\r")
FIRST_ROWS = 30  # the header is among them


@dataclass(frozen=True)
class DelimitedText:
    """The text of a CSV file from its header on, in UTF-8."""

    name: str
    content: bytes
    delimiter: str
    lines_above: int
    has_titles: bool
    """Whether something else than ``sep=;`` stands above the header."""

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """First line number and values of every record; blank ones are left out."""
        for line, values in _records(self.content, self.delimiter, self.name):
            yield line + self.lines_above, values

    def places(self, rows: Sequence[int]) -> list[str]:
        """The line of each row, such as ``line 17``.

        Quoted values may span several lines, so the text is read again to count them.
        """
        if not any(mark in self.content for mark in (b'"', b"\n\n", b"\n\r\n")):
            return [f"line {row + self.lines_above + 2}" for row in rows]
        first = enumerate(islice(self.records(), max(rows, default=-1) + 2))
        lines = {index - 1: line for index, (line, _) in first}
        return [f"line {lines[row]}" for row in rows]


def below_titles(content: bytes, name: str, named: Sequence[str]) -> DelimitedText:
    """The text from its header on, without a line ``sep=;`` and titles, and its separator."""
    above, delimiters = 0, DELIMITERS
    if match := SEPARATOR_LINE.match(content):
        content, above, delimiters = content[match.end() :], 1, match[1].decode("utf-8", "replace")
    best: tuple[tuple[int, int], int, str] | None = None
    for delimiter in delimiters:
        first = list(islice(_records(content, delimiter, name), FIRST_ROWS))
        index, score = find_header([values for _, values in first], named)
        line, header = first[index] if first else (1, [])
        rank = (score, len(header))
        if best is None or rank > best[0]:
            best = (rank, line, delimiter)
    if best is None:
        raise InvalidData(f"'{name}' has a line 'sep=' without a separator. Name one, or none.")
    _, line, delimiter = best
    start = 0
    for _ in range(line - 1):
        match = LINE_END.search(content, start)
        start = start if match is None else match.end()
    titles = bool(content[:start].strip())
    return DelimitedText(name, content[start:], delimiter, above + line - 1, titles)


def read_table(text: DelimitedText) -> tuple[pa.Table, list[int]]:
    """The table, and the lines that were skipped."""
    header = next(text.records())[1]
    ragged: list[Any] = []

    def note(row: Any) -> str:
        ragged.append(row)
        return "skip"

    titles = [f"{index}" for index in range(len(header))]
    quoted = b'"' in text.content
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(text.content),
            read_options=pa_csv.ReadOptions(column_names=titles, skip_rows_after_names=1),
            parse_options=pa_csv.ParseOptions(
                delimiter=text.delimiter, newlines_in_values=quoted, invalid_row_handler=note
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types={title: pa.string() for title in titles},
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid as error:
        raise InvalidData(
            f"'{text.name}' is not a CSV file: {error}. Save it as 'CSV UTF-8'."
        ) from error
    skipped = _skipped_lines(text, len(header)) if ragged else []
    return named_table(table, header, text.name), skipped


def named_table(table: pa.Table, header: Sequence[str], name: str) -> pa.Table:
    """The table with its names; a column with neither a name nor a value is dropped."""
    kept = [
        index
        for index, title in enumerate(header)
        if title.strip() or table.column(index).null_count < table.num_rows
    ]
    names = [header[index] for index in kept]
    _refuse_repeated(names, name)
    return table.select(kept).rename_columns(names)


def _skipped_lines(text: DelimitedText, width: int) -> list[int]:
    """The shorter lines of totals, and remarks below a blank line; raises for other lines.

    A line is refused if it has more or fewer values than the header.
    """
    findings: list[tuple[str, str]] = []
    skipped: list[int] = []
    total, expected = 0, 0
    for line, values in text.records():
        is_below_blank, expected = line > expected > 0, line + 1
        if len(values) == width:
            continue
        if len(values) < width and (is_total(values[0]) or (is_below_blank and len(values) == 1)):
            skipped.append(line)
            continue
        total += 1
        if total <= MAX_SHOWN:
            noun = "value" if len(values) == 1 else "values"
            detail = f"{len(values)} {noun} where the header has {width} columns"
            findings.append((f"line {line}", detail))
    if total:
        refuse(text.name, findings, total)
    return skipped


def _records(content: bytes, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """First line number and values of every record; blank ones are left out."""
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="")
    reader = csv.reader(text, delimiter=delimiter)
    line = 1
    try:
        for values in reader:
            if values:
                yield line, values
            line = reader.line_num + 1
    except csv.Error as error:
        detail = f"a value that starts here cannot be read ({error}); is a quote left open?"
        refuse(name, [(f"line {line}", detail)], 1)


def _refuse_repeated(header: list[str], name: str) -> None:
    """Raise if two columns have the same name."""
    repeated = sorted({column for column in header if header.count(column) > 1})
    if repeated:
        raise InvalidData(
            f"'{name}' has {header.count(repeated[0])} columns named '{repeated[0]}'. "
            "Give every column a name of its own."
        )
