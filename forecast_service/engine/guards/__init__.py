"""What protects a forecast from odd data: absurd days, covariates beyond the seen, dead series."""
