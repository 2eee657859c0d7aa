"""Serve emulators on one loopback port, each under a path prefix or a host name.

In: a dictionary such as `{"/amazon": app}` or `{"api.amazon.com": app}` (`""` takes the rest) and a port, 0 for any
free one. Out: a context manager with the address. It never listens beyond loopback.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import HTTPServer
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from emulators.wsgi import WsgiApplication, respond, text_response

LOOPBACK = "127.0.0.1"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64

    def server_bind(self) -> None:
        # HTTPServer.server_bind asks the name service for its own host name, which can take seconds on a bare machine.
        super(HTTPServer, self).server_bind()
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]
        self.setup_environ()


class _Handler(WSGIRequestHandler):
    timeout = 60

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: request lines of emulated services may hold credentials."""


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: its port and its base address without a slash at the end."""

    port: int
    url: str


def mounted(apps: Mapping[str, WsgiApplication]) -> WsgiApplication:
    """Make one application of several: keys that begin with `/` are path prefixes, others host names, `""` the rest."""
    prefixes = sorted((key for key in apps if key.startswith("/")), key=len, reverse=True)

    def run(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        for prefix in prefixes:
            if path == prefix or path.startswith(prefix.rstrip("/") + "/"):
                moved = {**environ, "SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + prefix.rstrip("/")}
                moved["PATH_INFO"] = path[len(prefix.rstrip("/")) :]
                return apps[prefix](moved, start_response)
        app = apps.get(environ.get("HTTP_HOST", "").partition(":")[0], apps.get(""))
        if app is None:
            return respond(text_response(404, "No emulator is served at this address.\n"), start_response)
        return app(environ, start_response)

    return run


@contextmanager
def serve(apps: Mapping[str, WsgiApplication], port: int = 0) -> Iterator[Served]:
    """Serve on 127.0.0.1 in background threads until the block ends.

    Raises:
        OSError: The port is taken.
    """
    server = _Server((LOOPBACK, port), _Handler)
    server.set_app(mounted(apps))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Served(server.server_port, f"http://{LOOPBACK}:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
