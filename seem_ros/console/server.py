"""The web server: the page's files by a fixed table, one WebSocket, and files to save."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import WSCloseCode, web

from seem_ros.console.access import Access
from seem_ros.console.hub import Hub
from seem_ros.console.limits import Limits
from seem_ros.console.saving import files_of
from seem_ros.console.session import Session
from seem_ros.console.viewer import Viewer

PAGE = Path(__file__).parent / "page"
PORT = 8642
KINDS = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cache-Control": "no-cache",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class ServerOptions:
    """How the page is offered.

    Attributes:
        host: address to listen on; others than this machine's own need a token.
        port: 0 takes a free one.
        token: empty makes one where it is needed.
        certificate: file of the TLS certificate chain; empty = no TLS.
        key: file of its private key; empty = it is in the certificate's file.
        names: further names by which browsers may call the server.
        limits: on what a page may do.

    """

    host: str = "127.0.0.1"
    port: int = PORT
    token: str = ""
    certificate: str = ""
    key: str = ""
    names: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)


class ConsoleServer:
    """Serves the page of one session; `async with` it.

    Attributes:
        access: who may use it, and its address for a browser.

    """

    def __init__(self, session: Session, options: ServerOptions | None = None) -> None:
        """Prepare; nothing listens yet.

        Raises:
            ValueError: the token is too short.
            OSError: a certificate file cannot be read.

        """
        self._options = options or ServerOptions()
        self._tls = _tls(self._options)
        self._hub = Hub(session, self._options.limits)
        self._session = session
        self._table = page_files()
        self._sockets: set[web.WebSocketResponse] = set()
        options = self._options
        self.access = Access(options.host, options.token, self._tls is not None, options.names)

    async def __aenter__(self) -> ConsoleServer:
        """Start the session and listen.

        Raises:
            OSError: the address is taken, or is none of this machine.

        """
        app = web.Application(middlewares=[self._guard], client_max_size=1024)
        app.router.add_get("/ws", self._on_socket)
        app.router.add_get("/save/{name}", self._on_save)
        app.router.add_get("/{path:.*}", self._on_file)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await self._runner.setup()
        options = self._options
        site = web.TCPSite(self._runner, options.host, options.port, ssl_context=self._tls)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        self.access.port = self._runner.addresses[0][1]
        await self._hub.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all pages' sockets, stop listening, end the session."""
        for socket in list(self._sockets):
            with contextlib.suppress(ConnectionError, asyncio.TimeoutError):
                goodbye = socket.close(code=WSCloseCode.GOING_AWAY, message=b"the server stops")
                await asyncio.wait_for(goodbye, 1.0)
        await self._runner.cleanup()
        await self._hub.close()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let in who may, and give every answer the headers that keep the page safe."""
        try:
            response = await self._admitted(request, handler)
        except web.HTTPException as error:
            error.headers.update(HEADERS)
            raise
        if not response.prepared:
            response.headers.update(HEADERS)
        return response

    async def _admitted(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self.access.is_own_host(request.headers.get("Host")):
            raise web.HTTPForbidden(text="this server is not called so; see --allow-name")
        if not self.access.may_enter(request.cookies, request.query):
            raise web.HTTPUnauthorized(
                text="A token is needed: open the address that was printed when the console "
                "started, it ends in ?token=…"
            )
        if self.access.token and request.path == "/" and "token" in request.query:
            return self._remember_token()
        return await handler(request)

    def _remember_token(self) -> web.Response:
        """Move the token from the address, which is seen and kept, to a cookie."""
        response = web.Response(status=303, headers={"Location": "/"})
        response.set_cookie(
            self.access.cookie,
            self.access.token,
            httponly=True,
            samesite="Strict",
            secure=self._tls is not None,
            path="/",
        )
        return response

    async def _on_file(self, request: web.Request) -> web.StreamResponse:
        """Serve a file of the table; a path is only looked up, never opened."""
        found = self._table.get(request.match_info["path"] or "index.html")
        if found is None:
            raise web.HTTPNotFound(text="there is no such file")
        body, kind = found
        return web.Response(body=body, content_type=kind, charset="utf-8")

    async def _on_save(self, request: web.Request) -> web.StreamResponse:
        """Make a file of what is on the screen now, or give out a recorded one."""
        name = request.match_info["name"]
        try:
            body, kind = await asyncio.to_thread(files_of, self._session, self._hub.newest, name)
        except ValueError as error:
            raise web.HTTPNotFound(text=str(error)) from None
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        return web.Response(body=body, content_type=kind, headers=disposition)

    async def _on_socket(self, request: web.Request) -> web.StreamResponse:
        headers = request.headers
        if not self.access.is_own_origin(headers.get("Origin"), headers.get("Host")):
            raise web.HTTPForbidden(text="another web site's page may not talk to the console")
        limits = self._options.limits
        socket = web.WebSocketResponse(
            heartbeat=limits.heartbeat_s, max_msg_size=limits.message_bytes, compress=False
        )
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            await Viewer(self._hub, socket).serve()
        except ValueError as full:
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=str(full).encode())
        except ConnectionError:
            pass  # the page went while something was on its way
        finally:
            self._sockets.discard(socket)
        return socket


def page_files() -> dict[str, tuple[bytes, str]]:
    """Return the page's files, read once: path in the address -> contents, type."""
    found = {}
    for file in sorted(PAGE.rglob("*")):
        if file.suffix in KINDS:
            name = file.relative_to(PAGE).as_posix()
            found[name] = (file.read_bytes(), KINDS[file.suffix])
    return found


def _tls(options: ServerOptions) -> ssl.SSLContext | None:
    if not options.certificate:
        if options.key:
            raise ValueError("a key needs its certificate")
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(options.certificate, options.key or None)
    return context
