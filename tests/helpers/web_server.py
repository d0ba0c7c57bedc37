"""A web server on 127.0.0.1 that serves a folder, and fails on purpose; it stops with its context."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread


class Handler(SimpleHTTPRequestHandler):
    """Serves files with an ETag; a query with "deny" is refused, one with "broken" ends half way."""

    def do_GET(self):
        if "broken" not in self.path:
            super().do_GET()
            return
        content = Path(self.translate_path(self.path)).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        super(SimpleHTTPRequestHandler, self).end_headers()
        self.wfile.write(content[: len(content) // 2])

    def send_head(self):
        if "deny" in self.path:
            self.send_error(403)
            return None
        return super().send_head()

    def end_headers(self):
        file = Path(self.translate_path(self.path))
        if file.is_file():
            self.send_header("ETag", hashlib.sha256(file.read_bytes()).hexdigest())
        super().end_headers()

    def log_message(self, *_):
        """Print nothing."""


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    """Serve a folder, and yield the address of its root."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
