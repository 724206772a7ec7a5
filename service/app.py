"""The Flask application: blueprints, error table, headers, request ids. Nothing here knows what a page says."""

from datetime import timedelta

from flask import Flask, Request, Response, current_app, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_wtf.csrf import CSRFProtect
from structlog import contextvars

from core.db import new_id
from jobs.runtime import Runtime
from service import callbacks, dialins, errors, health, kannel
from service.api import door
from service.api import pages as api
from service.phone import pages as phone
from service.portal.blueprints import BLUEPRINTS

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
}


def create_app(runtime: Runtime) -> Flask:
    """One application around one runtime; two may live in one process (tests do so)."""
    app = Flask("service", root_path=__file__.rpartition("/")[0])
    secure = runtime.settings.public_url.startswith("https://")
    app.config.update(
        SECRET_KEY=runtime.settings.secret_key.get_secret_value(),
        MAX_CONTENT_LENGTH=6_000_000,
        MAX_FORM_MEMORY_SIZE=1_000_000,
        SESSION_COOKIE_NAME="__Host-ensigo" if secure else "ensigo",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        WTF_CSRF_TIME_LIMIT=None,
        SEND_FILE_MAX_AGE_DEFAULT=86_400,
    )
    app.session_interface = Cookies()
    app.extensions["runtime"] = runtime
    protect = CSRFProtect(app)
    protect.exempt(callbacks.pages)
    protect.exempt(kannel.pages)
    protect.exempt(api.pages)
    for pages in (callbacks.pages, kannel.pages, health.pages, api.pages, api.docs, *BLUEPRINTS):
        app.register_blueprint(pages)
    if runtime.settings.gateways == ("simulator",):
        app.register_blueprint(phone.pages)
    errors.register(app)
    app.before_request(_name_request)
    door.limit(app, api.pages)
    app.after_request(_dress)
    if secure:
        app.after_request(_only_tls)
    app.wsgi_app = dialins.before(app.wsgi_app, runtime)  # type: ignore[assignment,method-assign]
    return app


def _name_request() -> None:
    runtime: Runtime = current_app.extensions["runtime"]
    contextvars.clear_contextvars()
    g.request_id = new_id(runtime.now()).hex
    contextvars.bind_contextvars(request_id=g.request_id)


def _only_tls(response: Response) -> Response:
    response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response


class Cookies(SecureCookieSessionInterface):
    """Flask's own sessions, without making ready to read a cookie for a request that brings none: every gateway's."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if session or session.accessed or session.modified:
            super().save_session(app, session, response)


def _dress(response: Response) -> Response:
    if "request_id" in g:
        response.headers["X-Request-Id"] = g.request_id
    if request.blueprint == callbacks.pages.name:
        return response  # plain text for a gateway: no browser reads it
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
