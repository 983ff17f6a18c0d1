"""Export jobs: what was forecast or measured becomes files under an ``s3://`` address."""
