"""Admission: finds who makes a request, and refuses it if they may not make it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import quote

from flask import Flask, Request, Response, g, redirect
from werkzeug.wrappers import Response as AnyResponse

from forecast_service.accounts.caller import KNOWN, NOBODY, PUBLIC, Caller
from forecast_service.errors import Remedy, Unauthenticated
from forecast_service.resources.gate.access import ADMISSION
from forecast_service.resources.gate.declarations import Declaration, Declarations, declarations
from forecast_service.resources.gate.rates import Rate

__all__ = ["Admission", "Source"]

LOG_IN_PAGE = "/login"
UNDECLARED = Declaration("admin")  # a route that was added after the start

UNLIMITED_RATE = Rate("off", None)

Source = Callable[[Request], Caller | None]
"""Finds the caller of a request, or nobody; refuses credentials that are wrong."""


class Admission:
    """The one place that decides whether a caller may use a route.

    Parameters
    ----------
    sources: asked in this order; the first caller that one finds makes the request.
    has_accounts: whether there is any account; only the sentence of a refusal depends on it.
    rate: most requests of a known caller.
    unknown_rate: most requests without valid credentials from one address.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        has_accounts: Callable[[], bool],
        rate: Rate = UNLIMITED_RATE,
        unknown_rate: Rate = UNLIMITED_RATE,
    ) -> None:
        self.sources = tuple(sources)
        self.has_accounts = has_accounts
        self.rate, self.unknown_rate = rate, unknown_rate
        self.declarations: Declarations = {}

    def init_app(self, app: Flask) -> None:
        """Read what the routes of the app declare; all of them must be there already.

        Raises
        ------
        TypeError
            A route declares nothing.
        """
        self.declarations = declarations(app)
        app.extensions[ADMISSION] = self

    def admit(self, request: Request) -> AnyResponse | None:
        """Let a request pass, and note its caller; or answer with the way to the log-in page.

        Raises
        ------
        Unauthenticated, NotAllowed
            Nobody is known to make it, or they may not.
        TooManyRequests
            They made too many.
        """
        endpoint, method = request.endpoint, request.method
        if endpoint is None or method == "OPTIONS":  # there is no such route; or a preflight
            return None
        needed = self.declarations.get((endpoint, method), UNDECLARED)
        if needed.scope == PUBLIC:
            return None
        try:
            caller = g.caller = self.known_caller(request)
        except Unauthenticated:
            if needed.is_page and method == "GET":
                return _to_log_in(request)
            g.window = self.unknown_rate.count(f"address:{request.remote_addr}")
            raise
        if caller.kind != "open":
            g.window = self.rate.count(f"{caller.kind}:{caller.name}")
        if needed.scope != KNOWN and not (needed.scope in caller.scopes and caller.limits.are_none):
            caller.require(needed.scope)
        return None

    def known_caller(self, request: Request) -> Caller:
        """The caller of a request.

        Raises
        ------
        Unauthenticated
            The credentials are missing or wrong.
        """
        for source in self.sources:
            caller = source(request)
            if caller is not None:
                return caller
        if self.has_accounts():
            raise Unauthenticated(
                "Nobody is known to make this request: it has no key and no log-in.",
                remedy=Remedy.SIGN_IN,
            )
        raise Unauthenticated(
            "The service is locked: it has no account yet, and without one it answers only "
            "programs on its own machine.",
            remedy=Remedy.MAKE_ACCOUNT,
        )

    def caller_or_nobody(self, request: Request) -> Caller:
        """The caller of a request to a public route."""
        try:
            return self.known_caller(request)
        except Unauthenticated:
            return NOBODY


def _to_log_in(request: Request) -> AnyResponse:
    wanted = request.full_path.removesuffix("?")
    return redirect(f"{LOG_IN_PAGE}?next={quote(wanted, safe='/')}", 302, Response)
