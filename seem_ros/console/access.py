"""Who may use the page: the token, and the checks that keep other web sites out.

On this machine's own address no token is needed unless one is given. A page of another web site,
opened in an operator's browser, is kept out by Host and Origin: it can neither open the socket nor
read an answer, also where a name of its own was made to point here (DNS rebinding).
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

SHORTEST_TOKEN = 12
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


class Access:
    """Decides about requests.

    Attributes:
        token: what must be known; empty where none is needed.
        port: of the server; two on one machine have cookies of their own.

    """

    def __init__(
        self, host: str, token: str = "", tls: bool = False, names: Sequence[str] = ()
    ) -> None:
        """Guard a server.

        Args:
            host: address that it listens on.
            token: empty makes one, except on this machine's own address.
            tls: whether it speaks https.
            names: further names by which browsers may call it.

        Raises:
            ValueError: the token is too short.

        """
        if token and len(token) < SHORTEST_TOKEN:
            raise ValueError(f"a token needs at least {SHORTEST_TOKEN} characters")
        self.is_local = host in LOCAL_NAMES
        self.token = token or ("" if self.is_local else secrets.token_urlsafe(18))
        self.port = 0
        self._host = host
        self._scheme = "https" if tls else "http"
        own = () if self.is_local else (socket.gethostname(), f"{socket.gethostname()}.local")
        self._names = {name.lower() for name in (*LOCAL_NAMES, *own, *names)}

    @property
    def cookie(self) -> str:
        """Name of the cookie that holds the token."""
        return f"seem_console_{self.port}"

    def knows(self, given: str | None) -> bool:
        """Tell whether this is the token; the time it takes tells nothing about it."""
        return hmac.compare_digest((given or "").encode(), self.token.encode())

    def may_enter(self, cookies: Mapping[str, str], query: Mapping[str, str]) -> bool:
        """Tell whether a request carries the token, in its cookie or its address."""
        if not self.token:
            return True
        return self.knows(cookies.get(self.cookie)) or self.knows(query.get("token"))

    def is_own_host(self, host_header: str | None) -> bool:
        """Tell whether a request was meant for this server: by a name of it, or an address."""
        try:
            name = (urlsplit(f"//{host_header or ''}").hostname or "").lower()
        except ValueError:
            return False
        return name in self._names or (not self.is_local and _is_address(name))

    def is_own_origin(self, origin: str | None, host_header: str | None) -> bool:
        """Tell whether a socket is opened by this server's own page."""
        wanted = f"{self._scheme}://{host_header or ''}".lower()
        return (origin or "").lower() == wanted and self.is_own_host(host_header)

    @property
    def url(self) -> str:
        """The address to open in a browser, with the token where one is needed."""
        host = socket.gethostname() if self._host in ("0.0.0.0", "::") else self._host
        name = f"[{host}]" if ":" in host else host
        query = f"?token={self.token}" if self.token else ""
        return f"{self._scheme}://{name}:{self.port}/{query}"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
