"""Leaves: what every other part may import, and what imports nothing of ours but ``errors``."""
