"""Encodings: named, marked, or recognised by the words and the header."""

from __future__ import annotations

import pytest

from forecast_service.errors import InvalidRequest, Remedy
from forecast_service.importer.files.encodings import in_utf8
from forecast_service.importer.options import ImportOptions

from .rows import csv_text, day


def table(header: str, store: str = "1") -> str:
    return csv_text(header, [(store, day(i), 5 + i % 3, i % 2) for i in range(40)])


@pytest.mark.parametrize(
    ("encoding", "header", "store"),
    [
        ("cp1252", "Filiale,Datum,Umsätze,Größe", "Köln-Süd"),
        ("cp1252", "Magasin,Date,Quantité,Été", "Orléans"),
        ("cp1252", "store,date,sales,note", "Málaga"),
        ("cp1250", "Sklep,Data,Sprzedaż,Święto", "Łódź"),
        ("cp1251", "store,date,sales,акция", "Тверь"),
        ("gb18030", "门店,日期,销售额,促销", "北京一店"),
        ("shift_jis", "店舗,日付,売上,祝日", "新宿"),
        ("utf-16", "店铺,日期,销量,促销", "1"),
        ("utf-16-le", "Filiale,Datum,Umsatz,Werbung", "Köln"),
        ("utf-16-be", "Filiale,Datum,Umsatz,Werbung", "Köln"),
        ("utf-8-sig", "Filiale,Datum,Umsatz,Werbung", "Köln"),
    ],
)
def test_usual_encodings_are_recognised(encoding, header, store):
    text = table(header, store)

    content, _ = in_utf8(text.encode(encoding), "a.csv", None)

    assert content.decode() == text


def test_a_recognised_encoding_is_said(report, write_file):
    path = write_file(table("Filiale,Datum,Umsatz,Größe").encode("cp1252"))

    read = report(sales=path)

    assert "'sales.csv' was read as cp1252." in read.notes
    assert "Größe" in [column.name for column in read.columns]


def test_utf_8_is_not_said(report, write_file):
    assert report(sales=write_file(table("Filiale,Datum,Umsatz,Größe"))).notes == ()


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "mac_roman", "cp850"])
def test_a_named_encoding_counts(report, write_file, encoding):
    path = write_file(table("Filiale,Datum,Umsatz,Größe").encode(encoding))

    read = report({"encoding": encoding}, sales=path)

    assert "Größe" in [column.name for column in read.columns]
    assert read.notes == ()


def test_a_wrong_encoding_is_refused(refusal, write_file):
    error = refusal(write_file(table("Filiale,Datum,Umsatz,Größe")), {"encoding": "ascii"})

    assert error.detail.startswith("'sales.csv' is not text in the encoding 'ascii'")
    assert error.remedy == Remedy.NAME_ENCODING


@pytest.mark.parametrize("name", ["windows", "base64", "cp99999"])
def test_an_unknown_encoding_is_refused(name):
    with pytest.raises(InvalidRequest, match=f"'{name}' is not a known encoding"):
        ImportOptions.from_dict({"encoding": name})
