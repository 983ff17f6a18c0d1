"""The meaning of the files: canonical rows, covariates, the horizon and the report."""
