"""Calendar and covariates of every period as columns, for regressions and for trees."""
