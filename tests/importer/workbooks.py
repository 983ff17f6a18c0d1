"""Workbooks as bytes, for tests of the reader: the least that a spreadsheet program writes."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DAY_ZERO = dt.date(1899, 12, 30)
STYLES = (
    f'<styleSheet xmlns="{SPREADSHEET}"><cellXfs count="2"><xf numFmtId="0"/>'
    '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>'
)

Rows = Sequence[Sequence[object]]


def xlsx(sheets: Mapping[str, Rows]) -> bytes:
    """A workbook; texts, numbers, dates and empty cells (None)."""
    numbered = list(enumerate(sheets, start=1))
    entries = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>' for number, name in numbered
    )
    links = "".join(_link(number, f"worksheets/sheet{number}.xml") for number, _ in numbered)
    links += _link(len(numbered) + 1, "styles.xml", "styles")
    kinds = f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="a/b"/>'
    parts = {
        "[Content_Types].xml": f"{kinds}</Types>",
        "_rels/.rels": _links(_link(1, "xl/workbook.xml", "officeDocument")),
        "xl/workbook.xml": f'<workbook xmlns="{SPREADSHEET}" xmlns:r="{DOCUMENT}">'
        f"<sheets>{entries}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _links(links),
        "xl/styles.xml": STYLES,
    }
    for number, name in numbered:
        parts[f"xl/worksheets/sheet{number}.xml"] = _sheet(sheets[name])
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, text in parts.items():
            archive.writestr(path, text)
    return content.getvalue()


def _sheet(rows: Rows) -> str:
    lines = [
        f'<row r="{line}">{"".join(_cell(line, c, v) for c, v in enumerate(row))}</row>'
        for line, row in enumerate(rows, start=1)
    ]
    data = "".join(lines)
    return f'<worksheet xmlns="{SPREADSHEET}"><sheetData>{data}</sheetData></worksheet>'


def _cell(line: int, column: int, value: object) -> str:
    letters = chr(ord("A") + column) if column < 26 else f"A{chr(ord('A') + column - 26)}"
    place = f'r="{letters}{line}"'
    if value is None:
        return ""
    if isinstance(value, dt.date):
        return f'<c {place} s="1"><v>{(value - DAY_ZERO).days}</v></c>'
    if isinstance(value, str):
        return f'<c {place} t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c {place}><v>{value}</v></c>"


def _links(links: str) -> str:
    return f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>'


def _link(number: int, target: str, kind: str = "worksheet") -> str:
    return f'<Relationship Id="r{number}" Type="{DOCUMENT}/{kind}" Target="{target}"/>'
