"""The numbered migration scripts."""
