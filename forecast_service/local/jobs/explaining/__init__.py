"""Explainability: how much each attribute moves a forecast."""
