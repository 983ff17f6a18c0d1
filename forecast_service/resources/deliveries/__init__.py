"""Deliveries: the files of a request, and files that are kept until they are imported."""
