"""Monitoring: how accurate the served forecasts were, and what the overview shows of each store."""
