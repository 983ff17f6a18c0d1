"""The local Amazon Forecast: its calls, shapes, statuses and errors on our own engine."""
