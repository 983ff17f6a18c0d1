"""Users, their sessions, failed log-ins, admin links, and the audit log with its triggers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

YOUNG = 90 * 86400  # seconds; younger entries of the audit log cannot be deleted

SQLITE_TRIGGERS = (
    "CREATE TRIGGER audit_log_no_change BEFORE UPDATE ON audit_log BEGIN "
    "SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    "CREATE TRIGGER audit_log_no_deletion BEFORE DELETE ON audit_log "
    f"WHEN OLD.at > (julianday('now') - 2440587.5) * 86400.0 - {YOUNG} BEGIN "
    "SELECT RAISE(ABORT, 'the audit log is append-only'); END",
)
POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION audit_log_refusal() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
    "CREATE TRIGGER audit_log_no_change BEFORE UPDATE ON audit_log "
    "FOR EACH ROW EXECUTE FUNCTION audit_log_refusal()",
    "CREATE TRIGGER audit_log_no_deletion BEFORE DELETE ON audit_log FOR EACH ROW "
    f"WHEN (OLD.at > EXTRACT(EPOCH FROM clock_timestamp()) - {YOUNG}) "
    "EXECUTE FUNCTION audit_log_refusal()",
    "CREATE TRIGGER audit_log_no_truncation BEFORE TRUNCATE ON audit_log "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refusal()",
)


def upgrade() -> None:
    """Add the tables and triggers."""
    _add_users()
    op.create_table(
        "log_in_failures",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("since", sa.Float, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_index("ix_log_in_failures_since", "log_in_failures", ["since"])
    op.create_table(
        "admin_links",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("expires_at", sa.Float, nullable=False),
    )
    _add_audit_log()
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_TRIGGERS if is_sqlite else POSTGRESQL_TRIGGERS:
        op.execute(statement)


def _add_users() -> None:
    op.create_table(
        "users",
        sa.Column("name", sa.String(256), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("regions", sa.JSON(none_as_null=True)),
        sa.Column("stores", sa.JSON(none_as_null=True)),
        sa.Column("language", sa.String(8)),
        sa.Column("disabled", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("password", sa.String(256)),
        sa.Column("subject", sa.String(600)),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("logged_in_at", sa.Float),
    )
    op.create_index("uq_users_subject", "users", ["subject"], unique=True)
    op.create_table(
        "user_sessions",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column(
            "user",
            sa.String(256),
            sa.ForeignKey("users.name", ondelete="CASCADE", name="fk_user_sessions_user"),
            nullable=False,
        ),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("used_at", sa.Float, nullable=False),
    )
    op.create_index("ix_user_sessions_user", "user_sessions", ["user"])
    op.create_index("ix_user_sessions_used", "user_sessions", ["used_at"])


def _add_audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("who", sa.String(256), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(512)),
        sa.Column("details", sa.JSON(none_as_null=True)),
        sa.Column("address", sa.String(64)),
        sa.Column("request_id", sa.String(64)),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
    op.create_index("ix_audit_log_who", "audit_log", ["who", "id"])
    op.create_index("ix_audit_log_action", "audit_log", ["action", "id"])
