"""The long jobs of the worker: imports, trainings and forecasts."""
