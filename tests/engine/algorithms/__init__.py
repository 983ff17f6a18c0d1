"""Tests of each algorithm for itself; what all of them promise is in test_promises."""
