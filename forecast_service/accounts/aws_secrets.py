"""AwsSecrets: the secrets of AWS access keys, derived from one secret of this installation."""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
from hashlib import sha256
from pathlib import Path

from forecast_service.common.files import sync

__all__ = ["FILE", "AwsSecrets", "new_access_key_id"]

FILE = Path("secrets", "aws_access_keys")
ID_PREFIX, ID_LETTERS, ID_LENGTH = "FSKA", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 20
SECRET_PREFIX = "fska_"  # noqa: S105  # a secret that leaked into a file can be found by it
SECRET_DIGITS = 48  # of 4 bits
ROOT_BYTES = 32


class AwsSecrets:
    """Derives secrets from a file in FORECAST_HOME.

    A signature can only be checked with the secret itself, so a digest of it is not enough. Who
    reads the database alone learns no secret; who reads the file, too, can sign as every key.
    """

    def __init__(self, home: Path) -> None:
        self.file = home / FILE

    def secret_of(self, access_key_id: str) -> str | None:
        """The secret of an AWS access key; None if the file cannot be read."""
        try:
            root = self.file.read_bytes()
        except OSError:
            return None
        return _derive(root, access_key_id)

    def known_secret(self, access_key_id: str, digest: str) -> str | None:
        """The same, but None also if the file is another one than when the digest was made."""
        secret = self.secret_of(access_key_id)
        is_same = secret is not None and sha256(secret.encode()).hexdigest() == digest
        return secret if is_same else None

    def make_secret(self, access_key_id: str) -> str:
        """The secret of a new AWS access key; the first one makes the file."""
        if not self.file.exists():
            self._make_file()
        return _derive(self.file.read_bytes(), access_key_id)

    def _make_file(self) -> None:
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.file.with_name(f".{secrets.token_hex(8)}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(ROOT_BYTES))
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):  # another process was faster
                os.link(part, self.file)
            sync(self.file.parent)
        finally:
            part.unlink(missing_ok=True)


def _derive(root: bytes, access_key_id: str) -> str:
    digest = hmac.digest(root, access_key_id.encode(), "sha256").hex()
    return SECRET_PREFIX + digest[:SECRET_DIGITS]


def new_access_key_id() -> str:
    """An access key ID that looks like those of AWS."""
    random = (secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH - len(ID_PREFIX)))
    return ID_PREFIX + "".join(random)
