"""HTTP routes about callers: who am I, API keys."""
