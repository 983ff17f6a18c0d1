"""Boosted pooled regression: trees on the residuals of the pooled regression."""
