"""What takes long: import jobs, predictors and forecasts, made by the worker."""
