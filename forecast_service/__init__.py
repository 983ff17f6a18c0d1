"""Retail demand forecasts per store, served from a lookup and retrained only when worthwhile."""

__version__ = "0.1.0"
