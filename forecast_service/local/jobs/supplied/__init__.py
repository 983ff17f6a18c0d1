"""Rows and series that a request supplies as files in a bucket."""
