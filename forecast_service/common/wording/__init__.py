"""Sentences of the service that have a code, so that others can word them."""
