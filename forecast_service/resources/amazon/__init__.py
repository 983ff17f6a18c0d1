"""``/aws`` for callers from anywhere: what they may do, and what is recorded."""
