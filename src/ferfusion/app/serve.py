"""Start the app: take a port, tell the address, open the page, and serve until it is stopped."""

import os
import socket
import webbrowser
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any

from ferfusion.app.home import Home
from ferfusion.app.settings import AppSettings
from ferfusion.errors import ConfigError, FerfusionError
from ferfusion.extras import require

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import uvicorn

    from ferfusion.app.state import AppState

TOKEN_VARIABLE = "FERFUSION_APP_TOKEN"
_MOST_CONNECTIONS = 256


def serve(
    settings: AppSettings,
    *,
    opened: "Sequence[Path]" = (),
    browser: bool = True,
    on_message: Callable[[str], None] = lambda message: None,
    on_ready: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve the app until it is interrupted.

    Args:
        settings: The settings.
        opened: Files and folders to open at the start.
        browser: Whether to open the page in the browser.
        on_message: Called with the reason why a path cannot be opened.
        on_ready: Called with the address of the page, with its token, once the port is taken.

    Raises:
        MissingExtraError: fastapi or uvicorn is not installed.
        ConfigError: the port is taken, or another server uses the app's home.
        FileError: the app's home cannot be written.
    """
    require("uvicorn", extra="app")
    require("fastapi", extra="app")
    from ferfusion.app.state import make_state  # noqa: PLC0415 after the check of the extra

    home = Home(settings.data)
    with home.opened(), closing(listening(settings)) as listener:
        state = make_state(settings, home)
        found = [row for path in opened for row in _opened(state, path, on_message)]
        server = web_server(state)
        port = listener.getsockname()[1]
        address = f"http://{_shown_host(settings.host)}:{port}/?token={settings.token}{_first_page(found)}"
        on_ready(address)
        if browser:
            webbrowser.open(address)
        server.run(sockets=[listener])


def _opened(state: "AppState", path: "Path", on_message: Callable[[str], None]) -> list[dict[str, Any]]:
    """Open a path at the start; one that cannot be opened does not stop the app."""
    from ferfusion.app.opened_paths import open_paths  # noqa: PLC0415 after the check of the extra

    try:
        return open_paths(state, path.expanduser().absolute())
    except FerfusionError as error:
        on_message(str(error))
        return []


def _first_page(rows: list[dict[str, Any]]) -> str:
    """Return the part of the address that shows a single result; empty for anything else.

    >>> _first_page([{"kind": "result", "job": "7"}]), _first_page([])
    ('#/read/7', '')
    """
    results = [row["job"] for row in rows if row["kind"] == "result"]
    return f"#/read/{results[0]}" if len(results) == 1 else "#/read" if results else ""


def web_server(state: "AppState") -> "uvicorn.Server":
    """Return the server of an app, which runs on a socket that listens."""
    import uvicorn  # noqa: PLC0415 extra app

    from ferfusion.app.server import build_server  # noqa: PLC0415 extra app

    class Server(uvicorn.Server):
        """Ends the streams of events before it waits for its connections."""

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            state.hub.close()
            await super().shutdown(sockets)

    config = uvicorn.Config(
        build_server(state),
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=3,
        h11_max_incomplete_event_size=32_768,
        ws="none",
        http="h11",
        proxy_headers=False,
    )
    return Server(config)


def token_of_environment() -> str | None:
    """Return the token that the environment states; None if it states none."""
    return os.environ.get(TOKEN_VARIABLE) or None


def listening(settings: AppSettings) -> socket.socket:
    """Return a socket that listens.

    Raises:
        ConfigError: the port is taken, or the host is no address of this machine.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"The app cannot listen on {settings.host}, port {settings.port} ({error.strerror}); "
            "name another port, or --port 0 for a free one"
        ) from error
    return listener


def _shown_host(host: str) -> str:
    """Return a host as it stands in an address.

    >>> _shown_host("::1"), _shown_host("0.0.0.0")
    ('[::1]', '127.0.0.1')
    """
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
