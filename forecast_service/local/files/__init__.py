"""Files of an import job: they are read by the schema of the dataset, checked and described."""
