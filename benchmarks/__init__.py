"""Benchmarks: one module per verb of ``scripts/benchmark``; nothing of the service imports them."""
