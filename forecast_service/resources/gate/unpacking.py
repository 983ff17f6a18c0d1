"""How much a packed file would become; a small one may unpack to more than fits into memory."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from werkzeug.exceptions import RequestEntityTooLarge

__all__ = ["refuse_bomb"]

CHUNK_BYTES = 1024 * 1024
VALUE_BYTES = 8  # of a value of a Parquet file; repeated values take less in the file
GZIP, ZIP, PARQUET = b"\x1f\x8b", b"PK", b"PAR1"


def refuse_bomb(path: Path, limit: int) -> None:
    """Refuse a file that unpacks to more than ``limit`` bytes; a damaged file is not judged here.

    Raises
    ------
    RequestEntityTooLarge
        The sentence gives the limit.
    """
    if _is_longer(path, limit):
        raise RequestEntityTooLarge(
            f"'{path.name}' unpacks to more than {limit:,} bytes. This is the limit of "
            "FORECAST_MAX_UNPACKED_BYTES. Send the file in parts."
        )


def _is_longer(path: Path, limit: int) -> bool:
    with path.open("rb") as file:
        start = file.read(4)
    try:
        if start.startswith(GZIP):
            return _gzip_is_longer(path, limit)
        if start.startswith(ZIP):
            with zipfile.ZipFile(path) as archive:
                return sum(entry.file_size for entry in archive.infolist()) > limit
        return start == PARQUET and _parquet_bytes(path) > limit
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, pa.ArrowException):
        return False


def _gzip_is_longer(path: Path, limit: int) -> bool:
    unpacked = 0
    with gzip.open(path) as stream:
        while piece := stream.read(CHUNK_BYTES):
            unpacked += len(piece)
            if unpacked > limit:
                return True
    return False


def _parquet_bytes(path: Path) -> int:
    facts = pq.ParquetFile(path).metadata
    groups = (facts.row_group(number).total_byte_size for number in range(facts.num_row_groups))
    return int(max(sum(groups), facts.num_rows * facts.num_columns * VALUE_BYTES))
