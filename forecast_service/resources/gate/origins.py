"""Origins: pages of other sites that may call with a key (CORS)."""

from __future__ import annotations

from collections.abc import Collection

from flask import Request, Response

__all__ = ["OtherSites"]

EXPOSED = "ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"
ALLOWED_HEADERS = (
    "Authorization, Content-Type, If-None-Match, Accept, X-API-Key, X-Request-ID, Idempotency-Key"
)
ALLOWED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
KEPT_SECONDS = 600  # by browsers


class OtherSites:
    """Lets pages of the listed origins read answers. They send a key: cookies do not count."""

    def __init__(self, origins: Collection[str]) -> None:
        self.origins = frozenset(origins)

    def allow(self, request: Request) -> bool:
        """Whether a page of a listed origin sent the request."""
        return bool(self.origins) and request.headers.get("Origin", "").lower() in self.origins

    def finish(self, request: Request, response: Response) -> None:
        """Tell the browser whether the page may read the answer."""
        if not self.origins:
            return
        response.vary.add("Origin")
        if not self.allow(request):
            return
        headers = response.headers
        headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        headers["Access-Control-Expose-Headers"] = EXPOSED
        if request.method == "OPTIONS":
            headers["Access-Control-Allow-Methods"] = ALLOWED_METHODS
            headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
            headers["Access-Control-Max-Age"] = str(KEPT_SECONDS)
