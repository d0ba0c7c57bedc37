"""The guard before all of the app: host, origin, token, sizes, and the headers of every answer."""

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http.cookies import CookieError, SimpleCookie
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from ferfusion.app.problems import PROBLEM_TYPE, Problem, problem_body
from ferfusion.app.settings import AppSettings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN_PATHS = ("/api/v1/health",)
STREAMED_PATHS = ("/api/v1/uploads", "/api/v1/predict")
"""Addresses whose bodies are files; they count the bytes themselves."""
MOST_BODY_BYTES = 1_000_000
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
REPORT_POLICY = (
    "sandbox allow-scripts allow-popups; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data:; media-src data: blob: 'self'; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""Policy of a written page, which has its script within: it runs apart from the app, without its cookie."""
_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "content-security-policy": CONTENT_POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(self), microphone=(), geolocation=()",
        "cache-control": "no-store",
    }
)
"""Headers of every answer that does not have its own."""
_LONGEST_PATH, _MOST_HEADER_BYTES = 4_096, 16_384


class Guard:
    """Refuses requests that are not from the app's own page or from somebody with its token.

    Args:
        app: The app behind it.
        settings: The settings of the app.
    """

    def __init__(self, app: Asgi, settings: AppSettings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        answer = _with_headers(send)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _send_problem(answer, *refusal)
        elif self._brings_token(scope):
            await self._send_cookie(scope, answer)
        else:
            is_stream = scope["path"] in STREAMED_PATHS
            await self._app(scope, receive if is_stream else _limited(receive), answer)

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> tuple[int, str] | None:
        """Return why a request is refused: status code and message; None if it is not."""
        return self._of_sender(scope, headers) or self._of_token(scope, headers)

    def _of_sender(self, scope: Scope, headers: Mapping[str, str]) -> tuple[int, str] | None:
        """Return why a request is refused whatever its token."""
        size = sum(len(name) + len(value) for name, value in scope["headers"])
        if len(scope["path"]) > _LONGEST_PATH or size > _MOST_HEADER_BYTES:
            return 431, f"The address and the headers may have at most {_MOST_HEADER_BYTES:,} bytes"
        host = headers.get("host", "")
        if not self._settings.knows(host_name(host)):
            return 421, (
                f"This app is not known as {host[:200]!r}; open the address that it printed, "
                "or start it with --name for another name"
            )
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"{scope['scheme']}://{host.lower()}":
            return 403, f"A page of {origin[:200]!r} may not use this app; open the address that it printed"
        if headers.get("sec-fetch-site") == "cross-site" and scope["path"].startswith("/api/"):
            return 403, "A page of another site may not use this app; open the address that it printed"
        return None

    def _of_token(self, scope: Scope, headers: Mapping[str, str]) -> tuple[int, str] | None:
        stated = headers.get("content-length", "")
        if scope["path"] not in STREAMED_PATHS and stated.isdecimal() and int(stated) > MOST_BODY_BYTES:
            return 413, f"The body of this request may have at most {MOST_BODY_BYTES:,} bytes, got {stated}"
        if scope["path"] in OPEN_PATHS or self._brings_token(scope):
            return None
        if not self._is_same(self._token_of(scope, headers)):
            return 401, (
                "The token is missing or wrong; open the address that the app printed, "
                "or send the header Authorization: Bearer TOKEN"
            )
        return None

    def _token_of(self, scope: Scope, headers: Mapping[str, str]) -> str:
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return token.strip()
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(cookie_name(scope))
        except CookieError:
            return ""
        return cookie.value if cookie is not None else ""

    def _brings_token(self, scope: Scope) -> bool:
        """Return whether it is the first address of the page, which has the right token."""
        if scope["method"] != "GET" or scope["path"] != "/":
            return False
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])
        return self._is_same(given[0])

    def _is_same(self, token: str) -> bool:
        return hmac.compare_digest(token.encode("utf-8", "replace"), self._settings.token.encode("ascii"))

    async def _send_cookie(self, scope: Scope, send: Send) -> None:
        """Put the token into a cookie, and show the page at an address without it."""
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        del query["token"]
        rest = urlencode(query, doseq=True)
        cookie = f"{cookie_name(scope)}={self._settings.token}; HttpOnly; SameSite=Strict; Path=/"
        location = f"/?{rest}" if rest else "/"
        await send(
            {
                "type": "http.response.start",
                "status": 303,
                "headers": [
                    (b"location", location.encode("latin-1", "replace")),
                    (b"set-cookie", cookie.encode("ascii")),
                    (b"content-length", b"0"),
                ],
            }
        )
        await send({"type": "http.response.body", "body": b""})


def cookie_name(scope: Scope) -> str:
    """Return the name of the cookie; browsers do not tell ports apart, so it has the port."""
    return f"ferfusion-{(scope.get('server') or ('', 0))[1]}"


def host_name(host: str) -> str:
    """Return the host of a header Host, without its port; empty if it is none.

    >>> host_name("127.0.0.1:8000"), host_name("[::1]:80"), host_name("a@b"), host_name("a:b:c")
    ('127.0.0.1', '::1', '', '')
    """
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018 it raises
    except ValueError:
        return ""
    is_plain = not (parts.path or parts.query or parts.fragment or parts.username or parts.password)
    return (parts.hostname or "") if is_plain and "@" not in host else ""


def _limited(receive: Receive) -> Receive:
    """Return the source of a body's parts, which ends after the most bytes."""
    received = 0

    async def receive_some() -> MutableMapping[str, Any]:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > MOST_BODY_BYTES:
            raise Problem(413, f"The body of this request may have at most {MOST_BODY_BYTES:,} bytes")
        return message

    return receive_some


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            given = list(message.get("headers", []))
            names = {bytes(name).lower() for name, _ in given}
            given += [
                (name.encode(), value.encode())
                for name, value in _HEADERS.items()
                if name.encode() not in names
            ]
            message = {**message, "headers": given}
        await send(message)

    return send_with_headers


async def _send_problem(send: Send, status: int, detail: str) -> None:
    body = json.dumps(problem_body(status, detail)).encode()
    headers = [(b"content-type", PROBLEM_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
