"""Small imports that wait behind each other: one load, as if they were done one by one."""

from __future__ import annotations

import random

import pytest
import sqlalchemy as sa

from forecast_service.errors import Conflict, Remedy
from forecast_service.importer import KIND, Imports
from forecast_service.importer.files.text_tables import SENT_ROWS
from forecast_service.importer.history import sales_key
from forecast_service.local.jobs import lifecycle
from forecast_service.service import Service
from forecast_service.session import open_session
from forecast_service.storage.database import Database
from forecast_service.storage.queue import Queue, new_id
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.tables import imports as import_rows
from forecast_service.storage.tables import series, stores, work
from forecast_service.worker.endings import note_failure

from .rows import HEADER, cells, csv_text, daily, day

STORES = ("1", "2", "3", "4")
FORGET = {"empty_sales": "forget", "known_stores": True}
SEED = 20


class Shop:
    """An installation with four stores, to which rows are sent."""

    def __init__(self, settings, folder):
        self.settings = settings.model_copy(update={"home": folder / "home", "database_url": None})
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.database = Database(self.settings.resolved_database_url)
        self.database.migrate()
        self.session = open_session(self.settings, self.database)
        self.imports = Imports(self.database, self.settings, self.session)
        self.queue = Queue(self.database, self.settings.lease_seconds)
        history = folder / "history.csv"
        history.write_text(daily(STORES, 56, header=HEADER, cells=cells))
        self.imports.import_now({"sales": history}, drive=self.drive)

    def send(self, *rows, header="store,date,sales", options=FORGET):
        path = self.folder / SENT_ROWS
        path.write_text(csv_text(header, rows))
        return self.imports.request({"sales": path}, "INCREMENTAL", options)

    def step(self):
        """Do one step of an import, and the jobs that it started."""
        self.due()
        while (job := self.queue.claim(new_id(), [lifecycle.KIND])) is not None:
            lifecycle.perform(self.database, self.settings, self.queue, job)
        claim = self.queue.claim(new_id(), [KIND])
        if claim is not None:
            self.imports.perform(self.queue, claim)
        return claim

    def drive(self):
        while self.step() is not None:
            pass

    def due(self):
        with self.database.write() as connection:
            waiting = sa.update(work).where(work.c.state == "waiting")
            connection.execute(waiting.values(not_before=0.0))

    def loads(self):
        return SnapshotStore(self.database, self.settings.home).version(
            sales_key(self.settings.dataset_group)
        )

    def states(self, ids):
        return [self.imports.get(each)["state"] for each in ids]

    def everything(self):
        """What imports change: stores, series, sales, and covariates of sold and of coming days."""
        with self.database.read() as connection:
            rows = [dict(row) for row in connection.execute(sa.select(stores)).mappings()]
            known = [tuple(row) for row in connection.execute(sa.select(series))]
        for row in rows:
            del row["imported_at"]
        snapshots = SnapshotStore(self.database, self.settings.home)
        data = {name: snapshots.read(name).to_pylist() for name in snapshots.datasets()}
        sales = sales_key(self.settings.dataset_group)
        sold = {
            (row["item_id"], row["timestamp"]) for row in data[sales] if row["demand"] is not None
        }
        kept = {
            name: sorted(
                str(row)
                for row in found
                if (row["item_id"], row["timestamp"]) in sold
                or day(60) < str(row["timestamp"]) < day(69)
            )
            for name, found in data.items()
        }
        return sorted(rows, key=lambda row: row["store"]), sorted(known), kept


@pytest.fixture
def shop(settings, tmp_path):
    """Four stores with 56 days of sales and covariates."""
    return Shop(settings, tmp_path / "shop")


def test_imports_that_wait_are_loaded_as_one(shop):
    before = shop.loads()
    ids = [shop.send((store, day(56), 10 * int(store))) for store in STORES]
    shop.drive()

    assert shop.states(ids) == ["done"] * 4
    assert shop.loads() == before + 1
    assert [shop.imports.history(each)[-1]["sales"] for each in STORES] == [10, 20, 30, 40]
    leader = shop.imports.get(ids[0])
    assert leader["loaded_with"] is None
    assert [shop.imports.get(each)["loaded_with"] for each in ids[1:]] == [ids[0]] * 3
    assert leader["report"]["sales_rows"] == 1
    assert "Loaded together with 3 other imports that waited." in leader["report"]["notes"]


def some_posts(dice):
    """Random rows of a few stores: new days, corrections, forgotten sales, plans, new stores."""
    for number in range(14):
        rows = {}
        for _ in range(dice.randint(1, 3)):
            store = dice.choice([*STORES, "9"])
            on = day(dice.randint(50, 60))
            sales = dice.choice([None, dice.randint(1, 500), dice.randint(1, 500)])
            rows[store, on] = (store, on, sales, dice.choice([0, 1, None]))
        header = "store,date,sales," + dice.choice(["Open", "Promo", "Open"])
        yield rows.values(), header, number


@pytest.mark.quick(1)
@pytest.mark.parametrize("seed", range(3))
def test_the_result_is_that_of_one_after_the_other(settings, tmp_path, seed):
    options = {"empty_sales": "forget"}
    alone, together = (Shop(settings, tmp_path / name) for name in ("alone", "together"))
    ids: dict[Shop, list[str]] = {alone: [], together: []}
    for rows, header, _ in some_posts(random.Random(SEED + seed)):
        for shop in (alone, together):
            ids[shop].append(shop.send(*rows, header=header, options=options))
        alone.drive()
    together.drive()

    assert alone.states(ids[alone]) == together.states(ids[together])
    errors = [[shop.imports.get(each)["error"] for each in ids[shop]] for shop in (alone, together)]
    assert errors[0] == errors[1]
    assert together.loads() < alone.loads()
    assert alone.everything() == together.everything()


@pytest.mark.parametrize("bad", [(0,), (2,), (0, 1), (1, 3), (0, 1, 2, 3)])
def test_a_bad_one_fails_alone_with_its_own_sentence(shop, bad):
    texts = dict.fromkeys(bad, "much")
    ids = [
        shop.send((store, day(56), 5), (store, day(57), texts.get(number, 6)))
        for number, store in enumerate(STORES)
    ]
    shop.drive()

    expected = ["failed" if number in bad else "done" for number in range(4)]
    assert shop.states(ids) == expected
    for number in bad:
        error = shop.imports.get(ids[number])["error"]
        assert [each["pointer"] for each in error["errors"]] == ["/sales/1"]
        assert "'much'" in error["errors"][0]["detail"]
        assert shop.imports.history(STORES[number])[-1]["date"] == day(55)


@pytest.mark.parametrize("lost", [0, 2])
def test_one_whose_rows_are_lost_fails_alone(shop, lost):
    ids = [shop.send((store, day(56), 5)) for store in STORES]
    (shop.settings.home / "imports" / ids[lost] / "sales" / SENT_ROWS).unlink()
    shop.drive()

    expected = ["failed" if number == lost else "done" for number in range(4)]
    assert shop.states(ids) == expected
    detail = shop.imports.get(ids[lost])["error"]["detail"]
    assert detail.startswith("The sent rows cannot be read any more: No such file")


def test_an_unknown_store_fails_alone(shop):
    ids = [shop.send((store, day(56), 5)) for store in ("1", "11", "2")]
    shop.drive()

    assert shop.states(ids) == ["done", "failed", "done"]
    assert "Store '11' is unknown." in shop.imports.get(ids[1])["error"]["detail"]


def test_a_file_between_them_keeps_its_place(shop, write_file):
    first = shop.send(("1", day(56), 5))
    rows = daily(STORES, 58, header=HEADER, cells=cells)
    whole = shop.imports.request({"sales": write_file(rows)}, "FULL")
    last = [shop.send((store, day(58), 7)) for store in ("1", "2")]
    shop.drive()

    assert shop.states([first, whole, *last]) == ["done"] * 4
    assert [shop.imports.get(each)["loaded_with"] for each in last] == [None, last[0]]
    assert [row["sales"] for row in shop.imports.history("1")[-3:]] == [100, 100, 7]


def test_removed_rows_are_not_mixed_with_others(shop):
    ids = [
        shop.send(("1", day(56), 5)),
        shop.send(("1", day(56), None), options={"empty_sales": "remove", "known_stores": True}),
        shop.send(("2", day(56), 5)),
    ]
    shop.drive()

    assert shop.states(ids) == ["done"] * 3
    assert [shop.imports.history(each)[-1]["date"] for each in ("1", "2")] == [day(55), day(56)]


@pytest.mark.parametrize("steps", range(4))
def test_a_lost_lease_in_the_middle_loses_and_doubles_nothing(shop, steps):
    ids = [shop.send((store, day(56), 10 * int(store))) for store in STORES]
    for _ in range(steps):
        shop.step()
    shop.due()
    shop.queue.claim(new_id(), [KIND])  # its worker dies here
    with shop.database.write() as connection:
        held = sa.update(work).where(work.c.state == "held")
        connection.execute(held.values(lease_until=0.0))
    shop.queue.sweep()
    shop.drive()

    assert shop.states(ids) == ["done"] * 4
    assert [shop.imports.history(each)[-1]["sales"] for each in STORES] == [10, 20, 30, 40]
    assert [len(shop.imports.history(each)) for each in STORES] == [57] * 4
    with shop.database.read() as connection:
        left = sa.select(work.c.id).where(work.c.kind == KIND, work.c.state != "done")
        assert connection.execute(left).all() == []


def test_after_an_error_the_oldest_is_tried_alone(shop):
    ids = [shop.send((store, day(56), 5)) for store in STORES]
    claim = shop.queue.claim(new_id(), [KIND])
    service = Service(shop.settings, shop.database)
    note_failure(service, claim, "MemoryError: no room", is_away=False)
    before = shop.loads()
    shop.drive()

    assert shop.states(ids) == ["done"] * 4
    assert shop.loads() == before + 2
    assert [shop.imports.get(each)["loaded_with"] for each in ids[1:]] == [None, ids[1], ids[1]]


def test_a_load_that_fails_ends_all_of_its_imports(shop):
    ids = [shop.send((store, day(56), 5)) for store in STORES]
    shop.step()
    jobs = shop.session.forecast.list_dataset_import_jobs()["DatasetImportJobs"]
    job = next(j for j in jobs if f"import_{ids[0]}" in j["DatasetImportJobArn"])
    shop.session.forecast.stop_resource(ResourceArn=job["DatasetImportJobArn"])
    shop.drive()

    assert shop.states(ids) == ["failed"] * 4
    assert len({shop.imports.get(each)["error"]["detail"] for each in ids}) == 1
    assert shop.imports.history("2")[-1]["date"] == day(55)


def test_an_undo_says_what_it_stands_on_and_takes_back_all_on_request(shop):
    before = shop.everything()
    ids = [shop.send((store, day(56), 5)) for store in STORES]
    shop.drive()

    for each in (None, ids[0], ids[2]):
        with pytest.raises(Conflict, match="loaded together with 3 other imports") as caught:
            shop.imports.undo(each)
        assert caught.value.remedy == Remedy.UNDO_TOGETHER
    shop.imports.undo(ids[2], together=True)
    assert shop.states(ids) == ["undone"] * 4
    assert shop.everything() == before


def test_a_load_stands_on_the_load_before(shop):
    first = [shop.send((store, day(56), 5)) for store in STORES]
    shop.drive()
    later = [shop.send((store, day(57), 6)) for store in STORES]
    shop.drive()

    with pytest.raises(Conflict, match=f"import '{later[-1]}' came later"):
        shop.imports.undo(first[1], together=True)
    shop.imports.undo(together=True)
    shop.imports.undo(together=True)
    assert shop.states([*first, *later]) == ["undone"] * 8
    with shop.database.read() as connection:
        done = sa.select(import_rows.c.id).where(import_rows.c.state == "done")
        assert len(connection.execute(done).all()) == 1
