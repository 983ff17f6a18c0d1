"""Texts that become covariates: the dataset group records which text became which."""

from __future__ import annotations

from forecast_service.importer.files.column_names import attribute_name

from .rows import daily

HEADER = "Store,Date,Sales,Event,EventDiscount,Grade"
EVENTS = {3: "春节", 10: "国庆", 20: "2for1"}


def rows(days: int = 40, first: int = 0) -> str:
    return daily(
        ["1"],
        days,
        first=first,
        header=HEADER,
        cells=lambda store, index: (
            70,
            EVENTS.get(index, "none"),
            0.5 * (index % 3),
            ("A+", "A-", "B")[index % 4 % 3],
        ),
    )


def test_every_text_is_recorded_with_its_covariate(import_files, write_file, group):
    import_files(sales=write_file(rows()), future=write_file(future(), "future.csv"))

    texts = group().texts

    assert texts["Event"] == {
        "春节": attribute_name("event_春节"),
        "国庆": attribute_name("event_国庆"),
        "2for1": "event_2for1",
        "none": None,
    }
    assert texts["Grade"] == {"A+": None, "A-": attribute_name("grade_a-"), "B": "grade_b"}


def test_a_text_has_the_same_covariate_in_a_later_import(import_files, write_file, group, imports):
    import_files(sales=write_file(rows()), future=write_file(future(), "future.csv"))
    texts = group().texts
    lines = "1,2013-02-20,70,国庆,0,A+\n1,2013-02-21,70,春节,0,A-\n"

    import_files("INCREMENTAL", sales=write_file(f"{HEADER}\n{lines}"))

    days = {day["date"]: day["covariates"] for day in imports.history("1", start="2013-02-20")}
    for day, text in (("2013-02-20", "国庆"), ("2013-02-21", "春节")):
        active = {name for name, value in days[day].items() if "event_" in name and value}
        assert active == {f"event_{text}"}
    assert group().texts == texts


def future() -> str:
    return daily(
        ["1"],
        7,
        first=40,
        header="Store,Date,Event,EventDiscount,Grade",
        cells=lambda store, index: ("none", 0, "A+"),
    )
