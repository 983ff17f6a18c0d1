"""Models, backtests and metrics: arrays in, quantiles out. No database, HTTP, clock or Amazon."""
