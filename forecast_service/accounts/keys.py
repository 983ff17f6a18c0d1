"""API keys: made, listed and revoked. A key is shown once; only its digest is kept."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

import sqlalchemy as sa

from forecast_service.accounts.accounts_state import note_change
from forecast_service.accounts.audit import record
from forecast_service.accounts.aws_secrets import AwsSecrets, new_access_key_id
from forecast_service.accounts.caller import OPEN_CALLER
from forecast_service.accounts.scopes import COMMAND_LINE, SCOPES, Scope
from forecast_service.accounts.tables import api_keys, users
from forecast_service.errors import Conflict, InvalidRequest, NotFound, Remedy
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.limits import UNLIMITED, Limits
from forecast_service.storage.stores import existing_stores, refuse_unknown_region

__all__ = ["PREFIX", "Key", "Keys", "checked_limits", "digest_of", "read_keys"]

PREFIX = "fsk_"  # a key that leaked into a file can be found by it
RANDOM_BYTES = 24
SHOWN_CHARACTERS = len(PREFIX) + 4
NAME_LENGTH = 64
ACCOUNT_ID = re.compile(r"[0-9]{12}")


@dataclass(frozen=True)
class Key:
    """One API key, without its secret."""

    id: str
    name: str
    start: str
    """The first characters of the key, to recognise it."""
    scopes: frozenset[Scope]
    limits: Limits
    created_by: str
    created_at: float
    expires_at: float | None
    revoked_at: float | None
    last_used_at: float | None
    """Up to a minute late."""
    aws_access_key_id: str | None = None
    """ID of the AWS access key that AWS SDKs sign with; None: the key has none."""
    account_id: str | None = None
    """AWS account whose resources AWS SDKs use with this key; None: that of the settings."""


class Keys:
    """The API keys of this installation."""

    def __init__(self, database: Database, dataset_group: str, aws_secrets: AwsSecrets) -> None:
        self.database = database
        self.dataset_group = dataset_group
        self.aws_secrets = aws_secrets

    def create(
        self,
        name: str,
        scopes: Iterable[str],
        *,
        limits: Limits = UNLIMITED,
        expires_at: float | None = None,
        aws: bool = False,
        account_id: str | None = None,
        created_by: str,
    ) -> tuple[Key, str]:
        """Make a key; the second value is the key itself, which nobody can read later.

        With ``aws``, the key also has an AWS access key, for resources of an AWS account.

        Raises
        ------
        InvalidRequest, UnknownStore, UnknownRegion
            The name, the scopes, the end or the limits are not allowed.
        Conflict
            There is, or was, a key of this name, or there is a user of this name.
        """
        text = PREFIX + secrets.token_hex(RANDOM_BYTES)
        identifier, name = secrets.token_hex(6), _checked_name(name)
        row = {
            "id": identifier,
            "name": name,
            "digest": digest_of(text),
            "start": text[:SHOWN_CHARACTERS],
            "scopes": _checked_scopes(set(scopes), limits),
            **limits.document(),
            "created_by": created_by,
            "expires_at": expires_at,
            **self._aws_columns(aws, account_id, limits),
        }
        with self.database.write() as connection:
            _refuse_taken_name(connection, name)
            checked_limits(connection, self.dataset_group, limits)
            now = connection.execute(sa.select(database_now())).scalar_one()
            _refuse_past(expires_at, now)
            connection.execute(sa.insert(api_keys).values(**row, created_at=now))
            note_change(connection)
            record(connection, "key_created", name, scopes=row["scopes"])
            return _one(connection, identifier), text

    def aws_secret(self, key: Key) -> str | None:
        """The secret of the AWS access key of a key; None if it has none. Show it only once."""
        if key.aws_access_key_id is None:
            return None
        return self.aws_secrets.secret_of(key.aws_access_key_id)

    def list(self) -> list[Key]:
        """All keys, also revoked ones, newest first."""
        with self.database.read() as connection:
            return read_keys(connection)

    def revoke(self, key: str) -> Key:
        """Make a key useless, by its id or its name. Revoking it again changes nothing.

        Raises
        ------
        NotFound
            There is no such key.
        """
        this = sa.or_(api_keys.c.id == key, api_keys.c.name == key)
        with self.database.write() as connection:
            found = connection.execute(sa.select(api_keys.c.id).where(this)).scalar()
            if found is None:
                raise NotFound(f"Key '{key}' does not exist.", remedy=Remedy.LIST_KEYS)
            is_open = sa.and_(api_keys.c.id == found, api_keys.c.revoked_at.is_(None))
            ended = sa.update(api_keys).where(is_open).values(revoked_at=database_now())
            if connection.execute(ended).rowcount:
                record(connection, "key_revoked", _one(connection, found).name)
            note_change(connection)
            return _one(connection, found)

    def _aws_columns(
        self, aws: bool, account_id: str | None, limits: Limits
    ) -> dict[str, str | None]:
        _check_aws(aws, account_id, limits)
        if not aws:
            return {}
        access_key_id = new_access_key_id()
        secret = self.aws_secrets.make_secret(access_key_id)
        return {
            "aws_access_key_id": access_key_id,
            "aws_digest": digest_of(secret),
            "account_id": account_id,
        }


def digest_of(key: str) -> str:
    """What is kept of a key. It has 192 random bits, so a slow hash would protect nothing more."""
    return sha256(key.encode()).hexdigest()


def read_keys(connection: sa.Connection) -> list[Key]:
    """All keys, newest first."""
    statement = sa.select(api_keys).order_by(api_keys.c.created_at.desc(), api_keys.c.id)
    return [_key(row) for row in connection.execute(statement).mappings()]


def checked_limits(connection: sa.Connection, dataset_group: str, limits: Limits) -> None:
    """Refuse limits that name a store or a region that does not exist.

    Raises
    ------
    UnknownStore, UnknownRegion
        The sentence names those that exist.
    """
    existing_stores(connection, dataset_group, sorted(limits.stores or ()))
    for region in sorted(limits.regions or ()):
        refuse_unknown_region(connection, dataset_group, region)


def _key(row: sa.RowMapping) -> Key:
    columns = {name: row[name] for name in KEPT}
    return Key(**columns, scopes=frozenset(row["scopes"]), limits=Limits.from_document({**row}))


KEPT = (
    *("id", "name", "start", "created_by"),
    *("created_at", "expires_at", "revoked_at", "last_used_at"),
    *("aws_access_key_id", "account_id"),
)


def _one(connection: sa.Connection, identifier: str) -> Key:
    statement = sa.select(api_keys).where(api_keys.c.id == identifier)
    return _key(connection.execute(statement).mappings().one())


def _checked_name(name: str) -> str:
    stripped = name.strip()
    if not stripped or len(stripped) > NAME_LENGTH or not stripped.isprintable():
        raise InvalidRequest(
            f"'{name[:100]}' is not a name of a key. A name has 1 to {NAME_LENGTH} printable "
            "characters, such as 'till system'."
        )
    if stripped in (COMMAND_LINE, OPEN_CALLER.name):
        raise InvalidRequest(
            f"'{stripped}' is the name of callers without a key. Choose another one."
        )
    return stripped


def _checked_scopes(scopes: set[str], limits: Limits) -> list[str]:
    unknown = sorted(scopes - set(SCOPES))
    if unknown or not scopes:
        found = f"'{unknown[0][:100]}' is not a scope." if unknown else "A key needs a scope."
        raise InvalidRequest(f"{found} The scopes are {', '.join(SCOPES)}.")
    if "admin" in scopes and not limits.are_none:
        raise InvalidRequest(
            "A key with limits cannot have the scope 'admin', which is about all stores. Leave "
            "out the scope or the limits."
        )
    return [scope for scope in SCOPES if scope in scopes]


def _check_aws(aws: bool, account_id: str | None, limits: Limits) -> None:
    if account_id is not None and not aws:
        raise InvalidRequest(
            f"The AWS account '{account_id[:100]}' is only for a key that has an AWS access key, "
            "too. Ask for one, or leave out the account."
        )
    if account_id is not None and not ACCOUNT_ID.fullmatch(account_id):
        raise InvalidRequest(
            f"'{account_id[:100]}' is not an AWS account. It has 12 digits, such as 123456789012."
        )
    if aws and not limits.are_none:
        raise InvalidRequest(
            "A key with limits cannot have an AWS access key: dataset groups, predictors and "
            "exports of Amazon Forecast are about all stores. Leave out the limits or the AWS "
            "access key."
        )


def _refuse_taken_name(connection: sa.Connection, name: str) -> None:
    taken = sa.select(api_keys.c.id).where(api_keys.c.name == name)
    if connection.execute(taken).first() is not None:
        raise Conflict(
            f"There is, or was, a key '{name}'. Imports and runs are recorded under the name of "
            "their key, so choose another one."
        )
    if connection.execute(sa.select(users.c.name).where(users.c.name == name)).first() is not None:
        raise Conflict(
            f"There is a user '{name}'. Imports and runs are recorded under this name, so choose "
            "another one for the key."
        )


def _refuse_past(expires_at: float | None, now: float) -> None:
    if expires_at is not None and expires_at <= now:
        raise InvalidRequest("The key would end in the past. Choose a later end, or none.")
