"""Objects under ``s3://`` addresses: read and written in a local folder, or on S3."""
