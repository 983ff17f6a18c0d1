"""``/session`` and ``/me/password``: log in, log out, choose another password."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Request, Response, g, redirect, request

from forecast_service.accounts.caller import KNOWN, PUBLIC
from forecast_service.accounts.log_in import LoggedIn
from forecast_service.accounts.sessions import csrf_token
from forecast_service.errors import Conflict, TooManyAttempts, WrongCredentials
from forecast_service.resources.accounts.me import caller_document
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.accounts.user_requests import (
    LogInBody,
    LogInForm,
    PasswordBody,
)
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.refusals import (
    OF_BODIES,
    OF_STATES,
)
from forecast_service.resources.gate.access import caller
from forecast_service.resources.gate.cookies import clear_cookie, session_token, set_cookie
from forecast_service.resources.gate.redirects import local_path
from forecast_service.resources.parsing import json_body, read_model, text_values

__all__ = [
    "FORM_BYTES",
    "LOG_IN_PAGE",
    "NO_STORE",
    "OwnPasswordResource",
    "SessionResource",
    "address_of",
    "logged_in_response",
    "redirect_after_log_in",
    "see_other",
]

FORM = "application/x-www-form-urlencoded"
LOG_IN_PAGE = "/login"
FORM_BYTES = 16 * 1024
NO_STORE = {"Cache-Control": "no-store"}


class SessionResource(ServiceResource):
    """The session of a user."""

    @documented(
        "Log in",
        scope=PUBLIC,
        body=LogInBody,
        answers={200: "CallerAnswer", 303: None},
        errors=(*OF_BODIES, WrongCredentials, TooManyAttempts),
        examples={"A user": {"user": "anna", "password": "narrow-otter-tall-lamp"}},
    )
    def post(self) -> Response:
        """The user, and a cookie; a form without JavaScript is sent on to the page ``next``."""
        if request.mimetype == FORM:
            return self._from_form()
        body = json_body(request, LogInBody)
        entered = self._enter(body)
        return logged_in_response(request, entered)

    @documented("Log out", scope=KNOWN, answers={204: None}, errors=(401,))
    def delete(self) -> Response:
        """End the session of the cookie; without one, nothing happens."""
        token = session_token(request)
        if token is not None:
            self.service.log_in.out(token, address_of(request))
        response = Response(status=204, headers=NO_STORE)
        clear_cookie(request, response)
        return response

    def _from_form(self) -> Response:
        request.max_content_length = FORM_BYTES
        form = read_model(LogInForm, text_values(request.form, LogInForm))
        try:
            entered = self._enter(form)
        except (WrongCredentials, TooManyAttempts) as error:
            again = {"failed": error.type, "next": local_path(form.next)}
            return see_other(f"{LOG_IN_PAGE}?{urlencode(again)}#failed")
        return redirect_after_log_in(request, entered, form.next)

    def _enter(self, body: LogInBody) -> LoggedIn:
        return self.service.log_in.by_password(body.user, body.password, address_of(request))


class OwnPasswordResource(ServiceResource):
    """The password of the user who calls."""

    @documented(
        "Choose another password",
        scope=KNOWN,
        body=PasswordBody,
        answers={200: "CallerAnswer"},
        errors=(*OF_BODIES, *OF_STATES, WrongCredentials, TooManyAttempts),
        examples={
            "Another password": {
                "password": "narrow-otter-tall-lamp",
                "new_password": "clever-otter-wide-lamp",
            }
        },
    )
    def post(self) -> Response:
        """The user with a new session; all other sessions of the user end."""
        body = json_body(request, PasswordBody)
        user = caller()
        if user.kind != "user" or not self.service.users.get(user.name).has_password:
            raise Conflict(
                f"'{user.name}' has no password here: only users who log in with a password have "
                "one."
            )
        entered = self.service.log_in.change_password(
            user.name, body.password, body.new_password, address_of(request)
        )
        return logged_in_response(request, entered)


def address_of(sent: Request) -> str:
    """The address of the network that a request came from."""
    return sent.remote_addr or "unknown"


def logged_in_response(sent: Request, entered: LoggedIn) -> Response:
    """Who is logged in now, with the cookie of the session."""
    g.csrf_token, g.language = csrf_token(entered.token), entered.user.language
    response = json_response(caller_document(entered.user.caller), headers=NO_STORE)
    set_cookie(sent, response, entered.token)
    return response


def redirect_after_log_in(sent: Request, entered: LoggedIn, wanted: str | None) -> Response:
    """Send a browser to the page that it wanted, with the cookie of the session."""
    response = see_other(local_path(wanted))
    set_cookie(sent, response, entered.token)
    return response


def see_other(address: str) -> Response:
    """Send a browser to this address."""
    response = redirect(address, 303, Response)
    response.headers["Cache-Control"] = "no-store"
    return response  # type: ignore[return-value]
