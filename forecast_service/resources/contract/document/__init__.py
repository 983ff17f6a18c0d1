"""``/openapi.json``: put together from the routes, the models and their examples."""
