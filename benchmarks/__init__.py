"""Benchmarks: one module per verb of ``scripts/benchmark``. The service imports none of them."""
