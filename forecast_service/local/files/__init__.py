"""Files of an import job: read by the dataset's schema, checked, and counted."""
