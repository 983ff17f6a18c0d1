"""The files of an export job: parts of bounded size, then a marker that all are there.

    <path>/_CHECK       empty; shows at the beginning that we may write there
    <path>/<JobName>_<yyyy-MM-ddTHH-mm-ssZ>_part0.csv
    <path>/…_part1.csv
    <path>/_SUCCESS     empty; written last

All parts are made on this machine before the first one is stored: an export that fails stores none.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from forecast_service.local.jobs.job import Job
from forecast_service.storage.objects.object_store import ObjectStore

__all__ = ["PART_ROWS", "Destination", "export_destination", "write_export"]

PART_ROWS = 1_000_000  # of a part, or a block more: about 90 MB of CSV
CHECK, SUCCESS = "_CHECK", "_SUCCESS"


class PartWriter(Protocol):
    """Writes the rows of one part."""

    def write(self, table: pa.Table) -> None:
        """Append rows."""


@dataclass(frozen=True)
class Destination:
    """Where the files of one export job go, and how they are called."""

    store: ObjectStore
    path: str
    """The ``s3://`` address of a folder, with or without a slash at its end."""
    file_format: str
    """``CSV`` or ``PARQUET``."""
    job_name: str
    created_at: float
    """Epoch seconds."""
    scratch: Path
    """A folder on this machine for unfinished parts."""

    @property
    def stem(self) -> str:
        """What the names of all parts begin with."""
        at = time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime(self.created_at))
        return f"{self.job_name}_{at}"

    def put(self, source: Path, *names: str) -> None:
        """Store a file in the folder."""
        self.store.put(source, "/".join((self.path.rstrip("/"), *filter(None, names))))

    def put_marker(self, name: str) -> None:
        """Store an empty file."""
        marker = self.scratch / name
        marker.touch()
        self.put(marker, name)


@contextmanager
def export_destination(job: Job) -> Iterator[Destination]:
    """The destination of an export job.

    Raises
    ------
    InvalidData
        There is no such address, or no access to it.
    """
    s3_config = job.resource.request["Destination"]["S3Config"]
    with job.scratch() as scratch, job.object_store(s3_config) as store:
        yield Destination(
            store=store,
            path=s3_config["Path"],
            file_format=job.resource.request["Format"],
            job_name=job.resource.name,
            created_at=job.resource.created_at,
            scratch=scratch,
        )


def write_export(
    destination: Destination,
    folders: Mapping[str, Iterable[pa.Table]],
    part_rows: int = PART_ROWS,
) -> int:
    """Write tables, given in blocks, as parts of each folder; return the number of parts.

    ``folders`` are named below the destination; ``""`` is the destination itself. Memory holds one
    block at a time. All blocks of a folder have the same columns.

    Raises
    ------
    InvalidData
        The store refuses; parts that were stored before stay, without the marker ``_SUCCESS``.
    """
    destination.put_marker(CHECK)
    parts = [
        (folder, path)
        for folder, tables in folders.items()
        for path in _write_parts(destination, folder, tables, part_rows)
    ]
    for folder, path in parts:
        destination.put(path, folder, path.name)
        path.unlink()  # so that a disk holds an uploaded part no longer than needed
    destination.put_marker(SUCCESS)
    return len(parts)


def _write_parts(
    destination: Destination, folder: str, tables: Iterable[pa.Table], part_rows: int
) -> list[Path]:
    """The parts of one folder on this machine, in their order."""
    home = destination.scratch / (folder or "parts")
    home.mkdir()
    suffix, open_part = FORMATS[destination.file_format]
    paths: list[Path] = []
    rows = 0
    with ExitStack() as stack:
        for table in tables:
            if not paths or rows >= part_rows:
                stack.close()
                paths.append(home / f"{destination.stem}_part{len(paths)}{suffix}")
                part = stack.enter_context(open_part(paths[-1], table.schema))
                rows = 0
            part.write(table)
            rows += table.num_rows
    return paths


class _CsvPart:
    """A CSV file with a header. Numbers have a point (``90.0``), and texts quotes if need be."""

    def __init__(self, stream: TextIO, schema: pa.Schema) -> None:
        self.rows = csv.writer(stream, lineterminator="\n")
        self.rows.writerow(schema.names)

    def write(self, table: pa.Table) -> None:
        """Append rows."""
        self.rows.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))


@contextmanager
def _csv_part(path: Path, schema: pa.Schema) -> Iterator[PartWriter]:
    with path.open("w", encoding="utf-8", newline="") as stream:
        yield _CsvPart(stream, schema)


def _parquet_part(path: Path, schema: pa.Schema) -> AbstractContextManager[PartWriter]:
    writer: AbstractContextManager[PartWriter] = pq.ParquetWriter(path, schema)
    return writer


OpenPart = Callable[[Path, pa.Schema], AbstractContextManager[PartWriter]]

FORMATS: Mapping[str, tuple[str, OpenPart]] = {
    "CSV": (".csv", _csv_part),
    "PARQUET": (".parquet", _parquet_part),
}
