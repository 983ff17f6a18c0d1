"""What an import means: its rows in canonical form, its covariates, its horizon, its report."""
