"""Models of requests and answers over HTTP, and their description in ``/openapi.json``."""
