"""The operations of Amazon Forecast: a file per kind of resource, with its rules."""
