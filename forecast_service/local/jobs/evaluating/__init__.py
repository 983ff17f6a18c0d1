"""Evaluations of monitors: past forecasts against the data that came since."""
