"""By which names this server may be called, and from which pages: asked before anything else of a request.

A page of anybody's can make a name of its own point to this machine, and would then share an origin with the app
("DNS rebinding"): it could read and label everything. So a request must call the server by a name that is allowed,
and one that a page made must come from a page of this very server.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

from fsl_core.base.loopback import is_loopback

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

VARIABLE = "HANDFUL_ALLOWED_HOSTS"
MOST_LOGGED = 50
"""Names that were refused and are written to the log, each once: whoever calls must not fill the disk."""
_NAME = re.compile(r"(\*\.)?[\w-]+(\.[\w-]+)*", re.ASCII)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """A host, and a port where one was given; ``*.example.org`` stands for every name below example.org."""

    host: str
    port: int | None = None

    @classmethod
    def parse(cls, words: str) -> Place | None:
        """From ``host``, ``host:port`` or ``[address]:port``; None when it is none of these."""
        try:
            parts = urlsplit(f"//{words}")
            host, port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError:
            return None
        if parts.netloc != words or "@" in words:
            return None
        if (address := _address(host)) is not None:
            return cls(str(address), port)
        return cls(host, port) if _NAME.fullmatch(host) else None

    def __str__(self) -> str:
        """As it was written."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    def admits(self, other: Place) -> bool:
        """Whether the other is this one, or one of those that it stands for."""
        if self.port not in (None, other.port):
            return False
        return other.host == self.host or (self.host.startswith("*.") and other.host.endswith(self.host[1:]))


def allowed_places(words: str | None = None) -> list[Place]:
    """Those of ``HANDFUL_ALLOWED_HOSTS``, separated by commas or spaces; what is no host is left out, and said."""
    found = []
    for word in re.split(r"[\s,;]+", os.environ.get(VARIABLE, "") if words is None else words):
        # People copy what stands in the browser's address bar.
        place = Place.parse(_server_of(word) if "://" in word else word)
        if place is not None:
            found.append(place)
        elif word:
            log.error(
                "%s: '%s' is no host name and is left out. Write names such as label.example.org.", VARIABLE, word
            )
    return found


@dataclass
class AllowedHosts:
    """ASGI middleware that lets through what is called by an allowed name and asked by no foreign page."""

    app: ASGIApp
    places: Iterable[Place] = ()
    _told: set[str] = field(default_factory=set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with the reason and what to do about it."""
        if scope["type"] not in ("http", "websocket") or not (reason := self.refusal(scope)):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
        else:
            headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
            await PlainTextResponse(reason, 403, headers)(scope, receive, send)

    def refusal(self, scope: Scope) -> str:
        """Why the request is refused; empty when it is not."""
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        place = Place.parse(hosts[0]) if len(hosts) == 1 else None
        if place is None:
            return self._refuse("a request without a proper Host header", "Handful was called without a proper name.")
        if not (is_loopback(place.host) or any(one.admits(place) for one in self.places)):
            name = place.host
            return self._refuse(
                f"a request to the name '{name}'; if it is yours, set {VARIABLE}={name}",
                f"Handful does not answer to the name '{name}'.\n\n"
                f"If this is your server: set the environment variable {VARIABLE} to {name}, start it again, and "
                "reload this page. Without a login, everybody who can reach it can then read and change everything.\n"
                "On the machine itself it answers at http://localhost and http://127.0.0.1 with its port.\n",
            )
        # A browser says where a page is from. Its port counts: another program of this machine has another one. To the
        # letter: of what differs in case alone Streamlit would ask outside whether that is this machine's address.
        foreign = [origin for origin in origins if _server_of(origin) != hosts[0]]
        if foreign:
            return self._refuse(
                f"a request that a page of {foreign[0][:200]!a} made",
                "Handful does not take requests from pages of other servers.\n\n"
                "If a proxy stands in between, let it pass on the Host header as the browser sent it.\n",
            )
        return ""

    def _refuse(self, what: str, reason: str) -> str:
        if what not in self._told and len(self._told) < MOST_LOGGED:
            self._told.add(what)
            log.warning("Refused %s", what)
        return reason


def _server_of(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
