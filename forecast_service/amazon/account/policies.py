"""Policies: who may assume the role of Amazon Forecast, and what the role may do."""

from __future__ import annotations

from typing import Any

__all__ = ["bucket_policy_of_role", "trust_policy"]

VERSION = "2012-10-17"


def trust_policy(account_id: str) -> dict[str, Any]:
    """Amazon Forecast may assume the role, for this account only."""
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "forecast.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
            }
        ],
    }


def bucket_policy_of_role(bucket: str) -> dict[str, Any]:
    """The role may read and write the files of one bucket, and list them."""
    arn = f"arn:aws:s3:::{bucket}"
    return {
        "Version": VERSION,
        "Statement": [
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn},
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": f"{arn}/*",
            },
        ],
    }
