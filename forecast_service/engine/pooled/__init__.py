"""Pooled retail regression: effects shared by all series, own deviations, own levels."""
