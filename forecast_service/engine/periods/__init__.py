"""Periods: how long they are, where they begin, and which patterns repeat over them."""
