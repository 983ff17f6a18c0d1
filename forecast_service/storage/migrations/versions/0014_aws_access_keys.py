"""AWS access keys of API keys, and the AWS account of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the columns; keys that were made before have no AWS access key."""
    op.add_column("api_keys", sa.Column("aws_access_key_id", sa.String(32)))
    op.add_column("api_keys", sa.Column("aws_digest", sa.String(64)))
    op.add_column("api_keys", sa.Column("account_id", sa.String(12)))
    op.create_index("uq_api_keys_aws", "api_keys", ["aws_access_key_id"], unique=True)
