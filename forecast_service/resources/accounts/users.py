"""``/users``: makes, lists, changes and deletes users."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from forecast_service.accounts.passwords import generated_password
from forecast_service.accounts.user import User
from forecast_service.common.instants import utc_text
from forecast_service.errors import (
    NotFound,
    UnknownRegion,
    UnknownStore,
)
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.accounts.user_requests import UserBody, UserChanges
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.refusals import (
    OF_BODIES,
    OF_NAMES,
    OF_STATES,
)
from forecast_service.resources.parsing import checked_name, json_body

__all__ = ["UserResource", "UsersResource", "user_document"]


class UsersResource(ServiceResource):
    """All users."""

    @documented("The users, by name", scope="admin", answers={200: "Users"})
    def get(self) -> Response:
        """All users; never their passwords."""
        return json_response({"users": [user_document(user) for user in self.service.users.list()]})

    @documented(
        "Make a user",
        scope="admin",
        body=UserBody,
        answers={201: "NewUser"},
        errors=(*OF_BODIES, UnknownStore, UnknownRegion, *OF_STATES),
        examples={"A planner": {"name": "ben", "role": "planner"}},
    )
    def post(self) -> Response:
        """The user; with the password if the service made it, which is shown only here."""
        body = json_body(request, UserBody)
        made = generated_password() if body.password is None else None
        password = made if body.password is None else body.password
        user = self.service.users.create(body.name, {**body.values(), "password": password})
        self.service.accounts_state.forget()
        headers = {"Location": f"/users/{user.name}", "Cache-Control": "no-store"}
        return json_response({**user_document(user), "password": made}, 201, headers)


class UserResource(ServiceResource):
    """One user."""

    @documented("A user", scope="admin", answers={200: "UserAnswer"}, errors=OF_NAMES)
    def get(self, name: str) -> Response:
        """The user."""
        return json_response(user_document(self.service.users.get(checked_name(name, "name"))))

    @documented(
        "Change a user",
        scope="admin",
        body=UserChanges,
        answers={200: "UserAnswer"},
        errors=(*OF_BODIES, NotFound, UnknownStore, UnknownRegion, *OF_STATES),
        examples={"Another role": {"role": "viewer"}},
    )
    def patch(self, name: str) -> Response:
        """The changed user. Another password, and disabling, end the user's sessions."""
        own = checked_name(name, "name")
        values = json_body(request, UserChanges).values()
        return json_response(user_document(self.service.users.change(own, values)))

    @documented("Delete a user", scope="admin", answers={204: None}, errors=(*OF_NAMES, *OF_STATES))
    def delete(self, name: str) -> Response:
        """Delete the user and the user's sessions; the audit log keeps the name."""
        self.service.users.delete(checked_name(name, "name"))
        return Response(status=204)


def user_document(user: User) -> dict[str, Any]:
    """The JSON of a user; times in UTC."""
    return {
        "name": user.name,
        "role": user.role,
        "limits": user.limits.document(),
        "language": user.language,
        "disabled": user.disabled,
        "has_password": user.has_password,
        "is_external": user.is_external,
        "created_at": utc_text(user.created_at),
        "logged_in_at": utc_text(user.logged_in_at),
    }
