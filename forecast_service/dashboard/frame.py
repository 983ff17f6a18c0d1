"""Frame: what all pages have in common, and the table of the pages."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

from flask import Blueprint, Flask, Request, Response, current_app, request
from jinja2 import Environment, PackageLoader, StrictUndefined

from forecast_service.accounts.caller import PUBLIC, Need
from forecast_service.dashboard import assets
from forecast_service.dashboard.assets import Packed, bundled_assets, packed_response
from forecast_service.dashboard.languages import LANGUAGES, language_of, script_texts, translations
from forecast_service.resources.gate.declarations import needs

__all__ = ["HTML", "PAGES", "init_app", "page", "render_now"]

# The address of each page and its name: of its template, and of its script if it has one.
PAGES = (
    ("/", "overview"),
    ("/store/<store_number>", "store"),
    ("/store/<store_number>/item/<item>", "store"),
    ("/scenario/<scenario_id>", "scenario"),
    ("/login", "login"),
    ("/upload", "upload"),
    ("/activity", "activity"),
    ("/status", "status"),
    ("/accuracy-report", "accuracy_report"),
    ("/admin", "admin"),
    ("/account", "account"),
)
PUBLIC_PAGES = ("login",)
HTML = "text/html; charset=utf-8"
THEMES = ("light", "dark")


def init_app(app: Flask) -> None:
    """Add the pages and their assets to the app."""
    assets.init_app(app)
    blueprint = Blueprint("dashboard", __name__)
    for address, name in PAGES:
        blueprint.add_url_rule(address, f"{name}:{address}", _view(name))
    app.register_blueprint(blueprint)


def page(name: str) -> Response:
    """The page with this name, in the language and theme of the present request.

    It contains no data: they come from the API, with the rights of the caller.
    """
    service = current_app.extensions["forecast_service"]
    has_provider = service.settings.oidc_issuer is not None
    packed, etag = _frame(name, language_of(request), chosen_theme(request), has_provider)
    response = packed_response(packed, HTML)
    response.set_etag(etag)
    response.cache_control.private = True
    response.cache_control.no_cache = True
    response.vary.update(["Accept-Language", "Cookie"])
    response.make_conditional(request)
    return response


def render_now(name: str, **values: Any) -> str:
    """HTML of a template, in the language and theme of the present request."""
    return render(name, language_of(request), chosen_theme(request), **values)


def chosen_theme(sent: Request) -> str:
    """The theme that the person chose; ``auto``: that of the system."""
    theme = sent.cookies.get("theme", "")
    return theme if theme in THEMES else "auto"


def render(name: str, language: str, theme: str, **values: Any) -> str:
    """HTML of a template of the dashboard."""
    bundled = bundled_assets()
    script = f"{name}.js"
    return (
        _environment(language)
        .get_template(f"{name}.html")
        .render(
            page=name,
            language=language,
            languages=LANGUAGES,
            theme=theme,
            static=bundled.address,
            icon=bundled.text("favicon.svg"),
            modules=bundled.modules(script if bundled.get(f"js/{script}") else "frame.js"),
            texts=script_texts(language),
            **values,
        )
    )


@cache
def _frame(name: str, language: str, theme: str, has_provider: bool) -> tuple[Packed, str]:
    content = render(name, language, theme, has_provider=has_provider).encode()
    return Packed.of(content), hashlib.sha256(content).hexdigest()[:16]


def _view(name: str) -> Any:
    scope: Need = PUBLIC if name in PUBLIC_PAGES else "read"
    return needs(scope, is_page=True)(lambda **_: page(name))


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("forecast_service.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    return environment
