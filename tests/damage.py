"""Kinds of damage to a file, as disks and people make them."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

__all__ = ["DAMAGES", "flip", "flipped_copies"]


def flip(content: bytes, bit: int) -> bytes:
    """The content with another value of one bit."""
    flipped = bytearray(content)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)


def flipped_copies(content: bytes, count: int, seed: int = 1) -> list[bytes]:
    """The content with another bit flipped in each copy; the bits are spread evenly."""
    generator = random.Random(seed)
    edges = [len(content) * 8 * place // count for place in range(count + 1)]
    starts, ends = edges[:-1], edges[1:]
    bits = [generator.randrange(a, max(b, a + 1)) for a, b in zip(starts, ends, strict=True)]
    return [flip(content, bit) for bit in bits]


def _flip_one(seed: int) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        content = path.read_bytes()
        bit = random.Random(seed).randrange(len(content) * 8)
        _replace(path, flip(content, bit))

    return damage


def _truncate(path: Path) -> None:
    content = path.read_bytes()
    _replace(path, content[: len(content) // 2])


def _empty(path: Path) -> None:
    _replace(path, b"")


def _make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _make_unreadable(path: Path) -> None:
    """Also root cannot read it: permissions would not stop root."""
    path.unlink()
    path.symlink_to(path.name)  # a link to itself


def _replace(path: Path, content: bytes) -> None:
    """Put other content there; a hard link with another name keeps the old one."""
    path.unlink()
    path.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "bit 1": _flip_one(1),
    "bit 2": _flip_one(2),
    "bit 3": _flip_one(3),
    "truncated": _truncate,
    "emptied": _empty,
    "removed": Path.unlink,
    "folder": _make_folder,
    "unreadable": _make_unreadable,
}


def copy_of(home: Path, target: Path) -> Path:
    """A copy of an installation, to be damaged."""
    shutil.copytree(home, target)
    return target
