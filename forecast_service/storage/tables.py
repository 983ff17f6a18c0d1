"""The tables. Times are epoch seconds in UTC; columns ``*_on`` are ISO dates."""

from __future__ import annotations

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

__all__ = [
    "accuracy_weeks",
    "amazon_states",
    "dataset_groups",
    "forecast_parts",
    "forecast_summaries",
    "forecast_values",
    "forecasts",
    "imports",
    "metadata",
    "monitored_groups",
    "resources",
    "scenarios",
    "series",
    "series_files",
    "stores",
    "tags",
    "training_runs",
    "work",
]

metadata = MetaData()

# The queue: one row per piece of work. ``subject`` names a row of another table.
work = Table(
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
    Column("set_at", Float),  # when not_before or lease_until was set
    Column("lane", String(128)),  # of the open work of a lane, only the oldest can be claimed
    Index("ix_work_due", "state", "not_before"),
    Index("ix_work_lane", "lane", "state"),
    Index(
        "uq_work_open",
        "kind",
        "subject",
        unique=True,
        sqlite_where=text("state <> 'done'"),
        postgresql_where=text("state <> 'done'"),
    ),
)

# The local Amazon Forecast: one row per resource of any type.
resources = Table(
    "resources",
    metadata,
    # A number that only grows (no reuse of ROWID): listings and their page tokens depend on it.
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
    Index("ix_resources_parent", "parent_arn", "sequence"),
    Index("ix_resources_group", "dataset_group_arn"),
    sqlite_autoincrement=True,
)

tags = Table(
    "tags",
    metadata,
    Column("arn", String(300), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("value", String(256), nullable=False),
)

# What monitors found: a past forecast against the data that came since.
monitor_evaluations = Table(
    "monitor_evaluations",
    metadata,
    Column(
        "sequence",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("monitor_arn", String(300), nullable=False),  # who lists it
    Column("forecast", BigInteger, nullable=False),  # its sequence in resources, also if deleted
    Column("state", String(16), nullable=False),  # SUCCESS, FAILURE
    Column("members", JSON, nullable=False),  # as ListMonitorEvaluations answers them
    Column("evaluated_at", Float, nullable=False),
    Index("ix_monitor_evaluations_monitor", "monitor_arn", "sequence"),
    sqlite_autoincrement=True,
)

# Manifest of the snapshots: immutable Parquet files, a base and its deltas. See ``manifest``.
series_files = Table(
    "series_files",
    metadata,
    Column("dataset", String(300), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("kind", String(8), nullable=False),  # base, delta
    Column("path", Text, nullable=False),  # relative to FORECAST_HOME
    Column("rows", BigInteger, nullable=False),
    Column("key", JSON, nullable=False),  # names of the columns that identify a row
    Column("sha256", String(64), nullable=False),
    Column("created_at", Float, nullable=False),
)

# One forecast of one series as one compact array, computed by our engine or by Amazon.
forecast_values = Table(
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
    Column("facts", JSON(none_as_null=True)),  # weights of its algorithms, measured coverage
    Column("checksum", BigInteger),  # CRC-32 of values, start, frequency and types
)

# The parts of one forecast of one series, without its level, which is the rest.
forecast_parts = Table(
    "forecast_parts",
    metadata,
    Column("forecast_arn", String(300), primary_key=True),
    Column("series_key", String(1024), primary_key=True),
    Column("names", Text, nullable=False),  # a list, as JSON
    Column("step", Float, nullable=False),  # value of 1 in ``values``, in units
    Column("values", LargeBinary, nullable=False),  # int16, little endian, (names, horizon), zlib
)

# Named what-ifs. They are computed when they are read.
scenarios = Table(
    "scenarios",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("dataset_group", String(63), nullable=False),
    Column("store", String(256), nullable=False),
    Column("item", String(256)),
    Column("name", String(256), nullable=False),
    Column("note", Text),
    Column("changes", JSON, nullable=False),
    Column("forecast_arn", String(300), nullable=False),  # the one that it was made against
    Column("total", JSON, nullable=False),  # baseline and difference when it was saved
    Column("made_by", String(256), nullable=False),
    Column("created_at", Float, nullable=False),
    Index("ix_scenarios_group", "dataset_group", "created_at"),
)

# The datasets that are trained together, and the forecast that is served.
dataset_groups = Table(
    "dataset_groups",
    metadata,
    Column("name", String(63), primary_key=True),
    Column("arn", String(300), nullable=False),
    Column("horizon", Integer, nullable=False),
    Column("frequency", String(5), nullable=False),
    Column("has_items", Boolean, nullable=False),
    Column("covariates", JSON, nullable=False),  # names of the covariate columns, in order
    Column("conventions", JSON),  # how the values of its files are read
    Column("texts", JSON),  # column of texts -> text -> its covariate; null for ordinary texts
    Column("data_version", Integer, nullable=False),  # grows with each complete import
    Column("last_sale_on", String(10)),
    Column("current_forecast_arn", String(300)),
    Column("version", Integer, nullable=False, server_default="0"),  # grows with each pointer move
    Column("runs_version", Integer, nullable=False, server_default="0"),  # grows when a run ends
    Column("created_at", Float, nullable=False),
    Column("trained_after", Float),  # predictors from before this time were made of other data
)

stores = Table(
    "stores",
    metadata,
    Column("dataset_group", String(63), primary_key=True),
    Column("store", String(256), primary_key=True),
    Column("region", String(256), nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("first_sale_on", String(10), nullable=False),
    Column("last_sale_on", String(10), nullable=False),
    Column("days", Integer, nullable=False),  # days with a known target
    Column("rest_days", String(30)),  # weekdays on which it never sold: SAT,SUN
    Column("unusual_days", JSON),  # newest days with unusual sales, and what is usual
    Column("assumed_from", String(10)),  # covariates from this day on are filled by rule
    Column("imported_at", Float, nullable=False),  # time of the store's first import
)

# All (store, item) pairs; without items, the item is the empty string.
series = Table(
    "series",
    metadata,
    Column("dataset_group", String(63), primary_key=True),
    Column("store", String(256), primary_key=True),
    Column("item", String(256), primary_key=True),
    Column("last_sale_on", String(10), nullable=False),
)

# Facts about each forecast that is or was served.
forecasts = Table(
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
    Column("ladder", JSON(none_as_null=True)),  # step, reason, detail; null if nothing failed
    Index("ix_forecasts_group", "dataset_group", "created_at"),
    Index("ix_forecasts_predictor", "predictor_arn"),
)

# What the overview shows of every store, made before a forecast is served. See ``monitoring``.
forecast_summaries = Table(
    "forecast_summaries",
    metadata,
    Column("forecast_arn", String(300), primary_key=True),
    Column("created_at", Float, nullable=False),
    Column("content", LargeBinary, nullable=False),  # arrays, npz
)

# How accurate the forecasts were that were served for the days of one week, per store.
accuracy_weeks = Table(
    "accuracy_weeks",
    metadata,
    Column("dataset_group", String(63), primary_key=True),
    Column("week", String(10), primary_key=True),  # its Monday
    Column("signature", BigInteger, nullable=False),  # CRC-32 of all that it was computed from
    Column("content", LargeBinary, nullable=False),  # arrays, npz
)

# What is computed of a group: answers depend on the version, and it is done for the data version.
monitored_groups = Table(
    "monitored_groups",
    metadata,
    Column("dataset_group", String(63), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("data_version", Integer, nullable=False),
)

# The durable record of one retrain request, from "waiting" to "serving".
training_runs = Table(
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
    Column("data_version", Integer),  # fixed when the run begins
    Column("data_until", String(10)),  # the last day of sales in that version
    Column("collected_until", String(1024)),  # rows are fetched up to this series key
    Column("expected_at", Float),  # estimated end of the present stage, if there is an estimate
    Column("progress", Float),
    Column("message", Text),
    Column("requested_by", String(256)),  # name of a caller
    Column("requested_at", Float, nullable=False),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("step", String(16)),  # of the ladder: amazon, local, seasonal_naive
    Column("ladder", JSON(none_as_null=True)),  # why it left the first step: reason, detail
    Column("away_since", Float),  # since when Amazon gives it no answer
    Index("ix_training_runs_group", "dataset_group", "requested_at"),
    Index("ix_training_runs_predictor", "predictor_arn"),
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

# What the workers last saw of Amazon Forecast, per dataset group; requests read only this.
amazon_states = Table(
    "amazon_states",
    metadata,
    Column("dataset_group", String(63), primary_key=True),
    Column("reason", String(32)),  # why it cannot be used; null if it can
    Column("detail", Text),
    Column("since", Float),
    Column("group_arn", String(300)),  # of the group there
    Column("predictor", JSON(none_as_null=True)),  # the newest ACTIVE one there
)

imports = Table(
    "imports",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("dataset_group", String(63), nullable=False),
    Column("state", String(16), nullable=False),  # waiting, reading, loading, done, failed, undone
    Column("mode", String(16), nullable=False),  # FULL, INCREMENTAL
    Column("files", JSON, nullable=False),  # role -> path relative to FORECAST_HOME, or absolute
    Column("options", JSON, nullable=False),
    Column("report", JSON),
    Column("error", JSON),
    Column("requested_at", Float, nullable=False),
    Column("finished_at", Float),
    Column("before", JSON(none_as_null=True)),  # what the import found, to come back to it
    Column("loaded_with", String(32)),  # the import whose load contains the rows of this one
    Column("requested_by", String(256)),  # name of a caller
    # Stores with rows in its files; null before they are read, or if an older version read them.
    Column("touched_stores", JSON(none_as_null=True)),
)
