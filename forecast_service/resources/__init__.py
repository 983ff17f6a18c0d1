"""HTTP and nothing else: resources, their schemas, problem+json, the hooks around a request."""
