"""Algorithms that need little history: seasonal naive, NPTS, TSB."""
