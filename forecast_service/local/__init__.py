"""The local Amazon Forecast: the same calls, shapes, statuses and errors, on our own engine."""
