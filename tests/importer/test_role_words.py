"""Words for roles in several languages, columns that are named, and files of one store."""

from __future__ import annotations

import pytest

from forecast_service.errors import InvalidData, InvalidRequest, Remedy
from forecast_service.importer import Imports
from forecast_service.importer.files.columns import recognise
from forecast_service.importer.options import ImportOptions
from forecast_service.settings import Settings

from .rows import csv_text, daily, day


@pytest.mark.parametrize(
    "header",
    [
        "Filiale;Datum;Umsatz",
        "Filial-Nr.;Verkaufsdatum;Umsatz netto (EUR)",
        "Markt;Tag;Absatz",
        "Marktnummer;Datum;Verkäufe",
        "Magasin;Date;Chiffre d'affaires",
        "Code magasin;Jour;Quantité vendue",
        "Tienda;Fecha;Ventas",
        "ID tienda;Fecha de venta;Importe",
        "Negozio;Data;Incasso",
        "Punto vendita;Giorno;Quantità",
        "Winkel;Datum;Omzet",
        "Filiaalnummer;Dag;Aantal",
        "Sklep;Data;Sprzedaż",
        "Nr sklepu;Data sprzedaży;Wartość sprzedaży",
        "门店;日期;销售额",
        "门店编号;销售日期;销售额(元)",
        "店铺;日期;销量",
        "Loja;Data;Vendas",
        "Магазин;Дата;Продажи",
        "Mağaza;Tarih;Satış",
        "Filiale;KW;Umsatz",
        "Store #;Date;Sales ($)",
        "STORE NAME;DATE;Net sales",
    ],
)
def test_roles_are_recognised_in_several_languages(header):
    store, date, target = header.split(";")

    roles = recognise([date, target, store])

    assert (roles.store, roles.date, roles.target) == (store, date, target)


@pytest.mark.parametrize(
    ("yes", "no"),
    [("ja", "nein"), ("J", "N"), ("oui", "non"), ("sí", "no"), ("tak", "nie"), ("是", "否"),
     ("nee", "ja"), ("wahr", "falsch")],
)  # fmt: skip
def test_yes_and_no_are_read_in_several_languages(report, write_file, yes, no):
    sales = [("1", day(i), 100, yes if i % 2 else no) for i in range(40)]
    future = [("1", day(40 + i), yes) for i in range(7)]

    read = report(
        sales=write_file(csv_text("Filiale,Datum,Umsatz,Werbung", sales)),
        future=write_file(csv_text("Filiale,Datum,Werbung", future), "future.csv"),
    )

    assert read.covariates == ("werbung",)


@pytest.mark.parametrize("name", ["Geöffnet", "Ouvert", "Abierto", "Otwarte", "营业"])
def test_a_column_of_openings_is_the_covariate_open(report, write_file, name):
    rows = [("1", day(i), 100 * (i % 7 != 6), int(i % 7 != 6)) for i in range(60)]

    read = report(sales=write_file(csv_text(f"store,date,sales,{name}", rows)))

    assert read.covariates == ("open",)


def test_attributes_of_stores_keep_their_names(import_files, write_file, imports, one):
    from forecast_service.storage import tables

    stores = write_file("Filiale;Größe;Région;类型\n1;450;Nord;a\n2;300;Süd;b\n", "stores.csv")

    import_files(sales=write_file(daily(["1", "2"], 30)), stores=stores)

    row = one(tables.stores, store="2")
    assert row.attributes == {"Größe": "300", "Région": "Süd", "类型": "b"}
    assert row.region == "Süd"


def test_a_named_column_has_its_role(report, write_file):
    rows = [(s, day(i), 5, 0) for s in "12" for i in range(30)]
    path = write_file(csv_text("Kasse,Wann,X1,sales", rows))

    read = report({"columns": ["store=Kasse", "date=wann", "sales=X1"]}, sales=path)

    assert {c.name: c.role for c in read.columns if c.role != "left out"} == {
        "Kasse": "store",
        "Wann": "date",
        "X1": "sales",
    }


def test_a_named_column_that_no_file_has_is_refused(refusal, write_file):
    error = refusal(write_file(daily(["1"], 30)), {"columns": {"item": "Artikell"}})

    assert error.detail == (
        "'sales.csv' has no column 'Artikell', which was named for the role 'item'. Its columns "
        "are 'Store', 'Date', 'Sales'."
    )
    assert error.remedy == Remedy.NAME_COLUMN


@pytest.mark.parametrize(
    "columns",
    [["Filiale"], ["shop=Filiale"], ["store="], ["store=A", "store=B"], ["store=A", "date=A"]],
)
def test_a_malformed_column_is_refused(columns):
    with pytest.raises(InvalidRequest):
        ImportOptions.from_dict({"columns": columns})


def test_columns_of_the_settings_count_where_a_file_has_them(
    settings: Settings, database, session, write_file
):
    usual = settings.model_copy(update={"columns": ("store=Kasse", "sales=X1")})
    imports = Imports(database, usual, session)
    rows = [(s, day(i), 5) for s in "12" for i in range(30)]

    named = imports.dry_run({"sales": write_file(csv_text("Kasse,Datum,X1", rows))})
    ordinary = imports.dry_run({"sales": write_file(daily(["1"], 30))})

    assert (named.stores, ordinary.stores) == (2, 1)


def test_a_file_without_a_store_is_of_one_store(report, write_file):
    path = write_file(csv_text("Datum;Umsatz", [(day(i), 5) for i in range(30)]).replace(",", ";"))

    read = report(sales=path)

    assert read.notes == (
        "'sales.csv' has no column for a store: all of its rows are of store '1'. The option "
        "'store' gives it another name.",
    )
    assert report({"store": "Köln"}, sales=path).notes == (
        "'sales.csv' has no column for a store: all of its rows are of store 'Köln'.",
    )


def test_the_only_store_keeps_its_name_in_later_imports(import_files, write_file, imports):
    rows = [(day(i), 5) for i in range(30)]
    import_files(options={"store": "Köln"}, sales=write_file(csv_text("date,sales", rows)))

    import_files("INCREMENTAL", sales=write_file(f"date,sales\n{day(30)},7\n"))

    assert imports.history("Köln")[-1]["sales"] == 7


def test_a_day_of_an_unnamed_store_is_refused_when_there_are_several(
    import_files, write_file, imports
):
    import_files(sales=write_file(daily(["1", "2"], 30)))

    with pytest.raises(InvalidData, match="The dataset group has several stores") as caught:
        imports.dry_run({"sales": write_file(f"date,sales\n{day(30)},7\n")}, "INCREMENTAL")
    assert caught.value.remedy == Remedy.NAME_STORE


def test_one_store_may_have_items(report, write_file):
    rows = [(item, day(i), 5) for item in ("milk", "bread") for i in range(30)]

    read = report(sales=write_file(csv_text("sku,date,qty", rows)))

    assert (read.stores, read.items) == (1, 2)
