"""The importer: retail files in, canonical datasets and a report of what was understood out."""
