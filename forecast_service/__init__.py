"""Retail demand forecasts per store: answers are looked up, models retrained only when needed."""

__version__ = "0.1.0"
