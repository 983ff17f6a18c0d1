"""HTTP only: resources, their schemas, problem documents, hooks around every request."""
