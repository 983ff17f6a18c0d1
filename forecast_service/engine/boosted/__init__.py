"""Boosted pooled regression: trees on what the pooled regression leaves."""
