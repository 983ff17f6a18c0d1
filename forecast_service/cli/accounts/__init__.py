"""Commands about callers: keys."""
