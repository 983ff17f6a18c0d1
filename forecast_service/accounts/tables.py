"""The tables of accounts: API keys, users, their sessions, failed log-ins, admin links, the audit
log; and how many requests a caller made.

Times are epoch seconds in UTC, by the clock of the database.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    text,
)

from forecast_service.storage.tables import metadata

__all__ = [
    "accounts_version",
    "admin_links",
    "api_keys",
    "audit_log",
    "log_in_failures",
    "request_counts",
    "user_sessions",
    "users",
]

users = Table(
    "users",
    metadata,
    Column("name", String(256), primary_key=True),  # normalised, see accounts.user
    Column("role", String(16), nullable=False),
    Column("regions", JSON(none_as_null=True)),  # names; with ``stores`` both null: no limits
    Column("stores", JSON(none_as_null=True)),
    Column("language", String(8)),
    Column("disabled", Boolean, nullable=False, server_default=text("false")),
    Column("password", String(256)),  # argon2; null: logs in at the identity provider only
    Column("subject", String(600)),  # issuer and subject at the identity provider
    Column("created_at", Float, nullable=False),
    Column("logged_in_at", Float),
    Index("uq_users_subject", "subject", unique=True),
)

user_sessions = Table(
    "user_sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column(
        "user",
        String(256),
        ForeignKey("users.name", ondelete="CASCADE", name="fk_user_sessions_user"),
        nullable=False,
    ),
    Column("created_at", Float, nullable=False),
    Column("used_at", Float, nullable=False),
    Index("ix_user_sessions_user", "user"),
    Index("ix_user_sessions_used", "used_at"),
)

# Attempts to log in that failed or have not ended yet, by the name and address that they came with.
log_in_failures = Table(
    "log_in_failures",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("since", Float, nullable=False),
    Column("count", Integer, nullable=False),
    Index("ix_log_in_failures_since", "since"),
)

admin_links = Table(
    "admin_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("expires_at", Float, nullable=False),
)

# Append-only: triggers refuse every change, and the deletion of rows that are not old.
audit_log = Table(
    "audit_log",
    metadata,
    Column(
        "id",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("at", Float, nullable=False),
    Column("kind", String(16), nullable=False),  # open, key, user, command, service
    Column("who", String(256), nullable=False),
    Column("action", String(32), nullable=False),
    Column("subject", String(512)),
    Column("details", JSON(none_as_null=True)),
    Column("address", String(64)),
    Column("request_id", String(64)),
    Index("ix_audit_log_at", "at"),
    Index("ix_audit_log_who", "who", "id"),
    Index("ix_audit_log_action", "action", "id"),
    sqlite_autoincrement=True,
)

# One row, from the first account on: every change of a key, a user or a session raises the version.
accounts_version = Table(
    "accounts_version",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),  # also of revoked keys
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256 of the key
    Column("start", String(16), nullable=False),  # of the key, to recognise it
    Column("scopes", JSON, nullable=False),
    Column("stores", JSON(none_as_null=True)),  # limits; null: see ``Limits``
    Column("regions", JSON(none_as_null=True)),
    Column("created_by", String(256), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float),
    Column("revoked_at", Float),
    Column("last_used_at", Float),
    Column("aws_access_key_id", String(32)),
    Column("aws_digest", String(64)),  # SHA-256 of its secret, which is derived; see AwsSecrets
    Column("account_id", String(12)),  # AWS account; null: that of the settings
    Index("uq_api_keys_aws", "aws_access_key_id", unique=True),
)

# Requests of the callers that come near their limit, shared by all web processes.
request_counts = Table(
    "request_counts",
    metadata,
    Column("caller", String(300), primary_key=True),
    Column("period", BigInteger, primary_key=True, autoincrement=False),  # number of the minute
    Column("count", BigInteger, nullable=False),
)
