"""Pooled regression: common effects of all series, deviations and a level for each series."""
