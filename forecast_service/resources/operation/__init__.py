"""Operation: what an operator wants to know."""
