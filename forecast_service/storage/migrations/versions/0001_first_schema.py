"""The first schema, unchanged; later revisions contain the changes."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

revision = "0001"
down_revision = None

metadata = MetaData()

Table(
    "work",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("subject", String(512), nullable=False),
    Column("state", String(16), nullable=False),  # waiting, held, done
    Column("not_before", Float, nullable=False),
    Column("owner", String(64)),
    Column("lease_until", Float),
    Column("errors", Integer, nullable=False, server_default="0"),
    Column("losses", Integer, nullable=False, server_default="0"),
    Column("cancel_requested", Boolean, nullable=False, server_default=text("false")),
    Column("last_error", Text),
    Column("requested_at", Float, nullable=False),
    Column("finished_at", Float),
    Index("ix_work_due", "state", "not_before"),
    Index(
        "uq_work_open",
        "kind",
        "subject",
        unique=True,
        sqlite_where=text("state <> 'done'"),
        postgresql_where=text("state <> 'done'"),
    ),
)

Table(
    "resources",
    metadata,
    # Without ROWID reuse: the listing order and its page tokens rest on a number that only grows.
    Column(
        "sequence",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("arn", String(300), nullable=False, unique=True),
    Column("type", String(48), nullable=False),
    Column("name", String(63), nullable=False),
    Column("parent_arn", String(300)),
    Column("dataset_group_arn", String(300)),
    Column("status", String(32), nullable=False),
    Column("message", Text),
    Column("request", JSON, nullable=False),
    Column("details", JSON, nullable=False),
    Column("progress", Float),
    Column("progress_note", Text),
    Column("created_at", Float, nullable=False),
    Column("modified_at", Float, nullable=False),
    Index("ix_resources_type", "type", "sequence"),
    Index("ix_resources_parent", "parent_arn"),
    Index("ix_resources_group", "dataset_group_arn"),
    sqlite_autoincrement=True,
)

Table(
    "tags",
    metadata,
    Column("arn", String(300), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("value", String(256), nullable=False),
)

Table(
    "series_files",
    metadata,
    Column("dataset", String(300), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("kind", String(8), nullable=False),  # base, delta
    Column("path", Text, nullable=False),  # relative to FORECAST_HOME
    Column("rows", BigInteger, nullable=False),
    Column("key", JSON, nullable=False),  # names of the columns that tell one row from another
    Column("sha256", String(64), nullable=False),
    Column("created_at", Float, nullable=False),
)

Table(
    "forecast_values",
    metadata,
    Column("forecast_arn", String(300), primary_key=True),
    Column("series_key", String(1024), primary_key=True),
    Column("start", String(19), nullable=False),  # first period, yyyy-MM-ddTHH:mm:ss
    Column("frequency", String(5), nullable=False),
    Column("forecast_types", String(64), nullable=False),  # "0.1,0.5,0.9" in the array's order
    Column("values", LargeBinary, nullable=False),  # float64, little endian, (types, horizon)
    Column("algorithm", String(64)),
    Column("note", Text),
)

Table(
    "dataset_groups",
    metadata,
    Column("name", String(63), primary_key=True),
    Column("arn", String(300), nullable=False),
    Column("horizon", Integer, nullable=False),
    Column("frequency", String(5), nullable=False),
    Column("has_items", Boolean, nullable=False),
    Column("covariates", JSON, nullable=False),  # names of the covariate columns, in order
    Column("data_version", Integer, nullable=False),  # grows with each import that is complete
    Column("last_sale_on", String(10)),
    Column("current_forecast_arn", String(300)),
    Column("version", Integer, nullable=False, server_default="0"),  # grows with each pointer move
    Column("runs_version", Integer, nullable=False, server_default="0"),  # grows as a run ends
    Column("created_at", Float, nullable=False),
)

Table(
    "stores",
    metadata,
    Column("dataset_group", String(63), primary_key=True),
    Column("store", String(256), primary_key=True),
    Column("region", String(256), nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("first_sale_on", String(10), nullable=False),
    Column("last_sale_on", String(10), nullable=False),
    Column("days", Integer, nullable=False),  # days with a known target
    Column("assumed_from", String(10)),  # covariates from this day on are filled by rule
    Column("imported_at", Float, nullable=False),  # when the store was seen first
)

Table(
    "series",
    metadata,
    Column("dataset_group", String(63), primary_key=True),
    Column("store", String(256), primary_key=True),
    Column("item", String(256), primary_key=True),
    Column("last_sale_on", String(10), nullable=False),
)

Table(
    "forecasts",
    metadata,
    Column("forecast_arn", String(300), primary_key=True),
    Column("dataset_group", String(63), nullable=False),
    Column("predictor_arn", String(300), nullable=False),
    Column("source", String(16), nullable=False),  # local, amazon
    Column("algorithm", String(64), nullable=False),
    Column("trained_at", Float, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("data_until", String(10), nullable=False),
    Column("data_version", Integer, nullable=False),
    Column("run_id", String(32)),
    Column("assumptions", JSON, nullable=False),
    Index("ix_forecasts_group", "dataset_group", "created_at"),
)

Table(
    "training_runs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("dataset_group", String(63), nullable=False),
    Column("store", String(256)),
    Column("state", String(16), nullable=False),
    Column("trains", Boolean, nullable=False),  # false: the single stage "forecasting"
    Column("reason", String(32), nullable=False),
    Column("detail", Text, nullable=False),
    Column("forced", Boolean, nullable=False, server_default=text("false")),
    Column("joined", Integer, nullable=False, server_default="0"),
    Column("predictor_arn", String(300)),
    Column("forecast_arn", String(300)),
    Column("data_version", Integer),  # fixed when the run is claimed
    Column("data_until", String(10)),  # the last day of sales then
    Column("collected_until", String(1024)),  # series key up to which rows have been fetched
    Column("expected_at", Float),  # when its present stage should end, if the backend says so
    Column("progress", Float),
    Column("message", Text),
    Column("requested_at", Float, nullable=False),
    Column("started_at", Float),
    Column("finished_at", Float),
    Index("ix_training_runs_group", "dataset_group", "requested_at"),
    Index(
        "uq_training_runs_waiting",
        "dataset_group",
        unique=True,
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "uq_training_runs_running",
        "dataset_group",
        unique=True,
        sqlite_where=text("state IN ('training', 'forecasting')"),
        postgresql_where=text("state IN ('training', 'forecasting')"),
    ),
)

Table(
    "imports",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("dataset_group", String(63), nullable=False),
    Column("state", String(16), nullable=False),  # waiting, reading, loading, done, failed
    Column("mode", String(16), nullable=False),  # FULL, INCREMENTAL
    Column("files", JSON, nullable=False),  # role -> path relative to FORECAST_HOME, or absolute
    Column("options", JSON, nullable=False),
    Column("report", JSON),
    Column("error", JSON),
    Column("requested_at", Float, nullable=False),
    Column("finished_at", Float),
)


def upgrade() -> None:
    """Create every table."""
    metadata.create_all(op.get_bind())
