"""Imports that wait for each other, lose their worker, or fail halfway."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from forecast_service.aws import NoDetails
from forecast_service.importer import KIND, Imports, fail
from forecast_service.importer.canonical_files import write_parquet
from forecast_service.service import Service
from forecast_service.storage.queue import MAX_ERRORS, MAX_LOSSES, new_id
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.tables import imports as import_rows
from forecast_service.storage.tables import work
from forecast_service.worker.endings import ended_before, note_failure

from .driving import driver, finish
from .rows import HEADER, cells, daily, day

ENDINGS = {
    "errors": {"errors": MAX_ERRORS - 1},
    "losses": {"losses": MAX_LOSSES},
    "cancelled": {"cancel_requested": True},
}


def test_imports_of_a_group_are_done_in_the_order_of_their_requests(
    imports, queue, drive, write_file
):
    first = imports.request({"sales": write_file(daily(["1"], 40))})
    second = imports.request(
        {"sales": write_file(f"store,date,sales\n1,{day(40)},5\n")}, "INCREMENTAL"
    )
    with queue.database.write() as connection:
        connection.execute(sa.update(work).where(work.c.subject == first).values(not_before=9e12))

    drive()

    assert imports.get(second)["state"] == "waiting"
    assert imports.get(first)["state"] == "waiting"


def test_an_older_import_that_appears_late_waits_for_the_one_under_way(
    write_file, imports, queue, database
):
    path = write_file(daily(["1"], 56, header=HEADER, cells=cells))
    first = imports.request({"sales": path})
    claim = queue.claim(new_id(), [KIND])
    imports.perform(queue, claim)
    late = imports.request({"sales": path})
    with database.write() as connection:
        connection.execute(
            sa.update(import_rows).where(import_rows.c.id == late).values(requested_at=0.0)
        )
        connection.execute(sa.update(work).where(work.c.subject == late).values(requested_at=0.0))
        connection.execute(sa.update(work).where(work.c.subject == first).values(not_before=2e12))
    imports.perform(queue, queue.claim(new_id(), [KIND]))

    assert [imports.get(each)["state"] for each in (first, late)] == ["loading", "waiting"]


def test_files_may_change_after_they_are_sent(imports, queue, write_file):
    path = write_file(daily(["1"], 40))
    import_id = imports.request({"sales": path})
    path.write_text("rubbish")

    finish(imports, queue, import_id)

    assert len(imports.history("1")) == 40


def test_writing_a_file_again_does_not_change_its_hard_link(tmp_path):
    path, linked = tmp_path / "target.parquet", tmp_path / "snapshot.parquet"
    write_parquet(pa.table({"demand": [1.0, 2.0]}), path)
    linked.hardlink_to(path)
    before = linked.read_bytes()
    write_parquet(pa.table({"demand": [3.0]}), path)

    assert linked.read_bytes() == before
    assert pq.read_table(path).to_pydict() == {"demand": [3.0]}
    assert sorted(tmp_path.iterdir()) == [linked, path]


def test_an_import_survives_the_loss_of_every_lease(imports, queue, database, write_file):
    """The next worker finishes the work of one that dies."""
    import_id = imports.request({"sales": write_file(daily(["1"], 40))})
    dead = queue.claim("dead", ["import"])
    with database.write() as connection:
        connection.execute(sa.update(work).values(lease_until=0))
    queue.sweep()

    finish(imports, queue, import_id)

    assert dead is not None
    assert imports.get(import_id)["state"] == "done"


def test_an_import_that_amazon_refuses_fails_with_its_message(imports, session, queue, write_file):
    import_id = imports.request({"sales": write_file(daily(["1"], 40))})
    claim = queue.claim("first", ["import"])
    imports.perform(queue, claim)
    job = session.forecast.list_dataset_import_jobs()["DatasetImportJobs"][0]
    session.forecast.stop_resource(ResourceArn=job["DatasetImportJobArn"])

    finish(imports, queue, import_id)

    assert imports.get(import_id)["error"]["detail"] == (
        f"Import job 'import_{import_id}' of Amazon Forecast failed: its status is CREATE_STOPPED. "
        "Nothing of this import is used. Correct the cause and import again."
    )
    assert imports.history("1") == []


def test_the_error_names_what_may_be_loaded_if_an_import_cannot_be_undone(
    database, settings, session, queue, write_file
):
    imports = Imports(database, settings, replace(session, details=NoDetails()))
    import_id = imports.request({"sales": write_file(daily(["1"], 40))})
    imports.perform(queue, queue.claim("first", ["import"]))
    job = session.forecast.list_dataset_import_jobs()["DatasetImportJobs"][0]
    session.forecast.stop_resource(ResourceArn=job["DatasetImportJobArn"])

    finish(imports, queue, import_id)

    assert imports.get(import_id)["error"]["detail"].endswith(
        "failed: its status is CREATE_STOPPED. Its sales are not used; covariates and store "
        "attributes may be loaded already. Correct the cause and import again."
    )
    assert [each["DatasetName"] for each in session.forecast.list_datasets()["Datasets"]]


def test_covariates_are_undone_if_the_sales_of_the_import_fail(
    shop, imports, session, queue, write_file
):
    related = "arn:aws:forecast:eu-west-1:000000000000:dataset/store_demand_related"
    store = SnapshotStore(imports.database, imports.settings.home)
    before = store.read(related)
    rows = daily(["1", "2"], 14, first=56, header=HEADER, cells=cells)
    import_id = imports.request({"sales": write_file(rows)}, "INCREMENTAL")
    drive = driver(imports, queue)
    while not (job := sales_job(session, import_id)):
        drive()
    assert store.read(related) != before
    session.forecast.stop_resource(ResourceArn=job)
    finish(imports, queue, import_id)

    assert imports.get(import_id)["state"] == "failed"
    assert store.read(related) == before
    again = imports.request({"sales": write_file(rows)}, "INCREMENTAL")
    finish(imports, queue, again)
    assert imports.get(again)["state"] == "done"


@pytest.mark.parametrize("ending", ["errors", "losses", "cancelled"])
def test_covariates_are_undone_however_an_import_fails(
    shop, imports, session, settings, queue, write_file, ending
):
    related = "arn:aws:forecast:eu-west-1:000000000000:dataset/store_demand_related"
    store = SnapshotStore(imports.database, settings.home)
    before = store.read(related)
    rows = daily(["1", "2"], 14, first=56, header=HEADER, cells=cells)
    import_id = imports.request({"sales": write_file(rows)}, "INCREMENTAL")
    drive = driver(imports, queue)
    while not sales_job(session, import_id):
        drive()
    assert store.read(related) != before
    with imports.database.write() as connection:
        own = work.c.subject == import_id
        connection.execute(sa.update(work).where(own).values({**ENDINGS[ending], "not_before": 0}))
    claim = queue.claim(new_id(), [KIND])
    service = Service(settings, imports.database)
    if not ended_before(service, claim):
        note_failure(service, claim, "OSError: the disk is full", is_away=False)

    assert imports.get(import_id)["state"] == "failed"
    assert store.read(related) == before
    described = session.forecast.describe_dataset_import_job(
        DatasetImportJobArn=sales_job(session, import_id)
    )
    assert described["Status"] == "CREATE_FAILED"


class FailingUndo:
    """Details of a backend that fails to undo an import."""

    def undo_import(self, connection, group, job_name):
        raise ZeroDivisionError


def test_an_import_that_cannot_be_undone_still_ends_as_failed(
    imports, database, write_file, caplog
):
    import_id = imports.request({"sales": write_file(daily(["1"], 40))})
    with database.write() as connection:
        fail(connection, FailingUndo(), import_id, "The disk is full.")
        fail(connection, FailingUndo(), import_id, "What comes later says nothing.")

    assert imports.get(import_id)["error"]["detail"] == "The disk is full."
    assert "was not undone" in caplog.text


def test_undoing_twice_changes_nothing(shop, imports, database, session, settings):
    [done] = [each["id"] for each in imports.list()]
    with database.write() as connection:
        fail(connection, session.details, done, "It is done already.")
    assert imports.get(done)["state"] == "done"
    for _ in range(2):
        with database.write() as connection:
            session.details.undo_import(connection, settings.dataset_group, f"import_{done}")
        [group] = session.forecast.list_dataset_groups()["DatasetGroups"]
        arn = group["DatasetGroupArn"]
        assert session.forecast.describe_dataset_group(DatasetGroupArn=arn)["DatasetArns"] == []
        assert session.forecast.list_datasets()["Datasets"] == []


def test_a_dataset_without_rows_is_deleted(imports, session, queue, write_file):
    rows = daily(["1"], 56, header=HEADER, cells=cells)
    import_id = imports.request({"sales": write_file(rows)})
    drive = driver(imports, queue)
    while not (job := sales_job(session, import_id)):
        drive()
    session.forecast.stop_resource(ResourceArn=job)
    finish(imports, queue, import_id)

    [group] = session.forecast.list_dataset_groups()["DatasetGroups"]
    described = session.forecast.describe_dataset_group(DatasetGroupArn=group["DatasetGroupArn"])
    assert described["DatasetArns"] == []
    assert session.forecast.list_datasets()["Datasets"] == []


def test_after_a_failed_first_import_the_corrected_file_may_have_other_columns(
    imports, session, queue, write_file
):
    rows = daily(["1"], 56, header=HEADER, cells=cells)
    failed = imports.request({"sales": write_file(rows)})
    drive = driver(imports, queue)
    while not (job := sales_job(session, failed)):
        drive()
    session.forecast.stop_resource(ResourceArn=job)
    finish(imports, queue, failed)
    corrected = rows.replace("Promo", "Discount")
    again = imports.request({"sales": write_file(corrected)})
    finish(imports, queue, again)

    assert imports.get(failed)["state"] == "failed"
    assert imports.get(again)["error"] is None
    assert "discount" in imports.history("1")[0]["covariates"]


def sales_job(session, import_id):
    """ARN of the import job of the sales; None before its start."""
    arns = [
        job["DatasetImportJobArn"]
        for job in session.forecast.list_dataset_import_jobs()["DatasetImportJobs"]
    ]
    name = f"/store_demand/import_{import_id}"
    return next((arn for arn in arns if arn.endswith(name)), None)


def test_the_next_import_removes_the_files_of_a_dead_worker(
    imports, import_files, database, settings, write_file
):
    path = write_file(daily(["1"], 40))
    dead = imports.request({"sales": path})
    with database.write() as connection:
        fail(
            connection, imports.session.details, dead, "The worker died 20 times during this work."
        )
        connection.execute(sa.update(work).values(state="done"))

    import_files(sales=path)

    assert list((settings.home / "imports").iterdir()) == []
    assert imports.get(dead)["error"] == {
        "detail": "The worker died 20 times during this work.",
        "errors": [],
    }
