"""Requests and answers of planners: overview, outlook, kept forecasts, scenarios."""
