"""Prophet: trend with changes, seasons, holidays and covariates, one model per series."""
