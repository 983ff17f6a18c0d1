"""Quantiles of the sum of several series, such as the items of a store."""
