"""Connections that go only where they may: the machine's own trusted certificates, and no address inside the local network."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from landplan.errors import SourceError

if TYPE_CHECKING:
    import urllib3

__all__ = ["ALLOWED", "hosts_of", "literal", "manager"]

ALLOWED: Final = "LANDPLAN_ALLOW_HOSTS"


def hosts_of(text: str) -> frozenset[str]:
    """Return the hosts of a list with commas, in lower case."""
    return frozenset(h.strip().lower() for h in text.split(",") if h.strip())


def literal(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that a host is, if it is one and no name."""
    try:
        return ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return None


def manager(allowed: frozenset[str], proxy: str | None, sockets: weakref.WeakSet[socket.socket]) -> urllib3.PoolManager:
    """Return a pool manager whose connections go only where they may, with the machine's own trusted certificates."""
    import urllib3
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    context = ssl.create_default_context(cafile=os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or None)
    if not context.cert_store_stats()["x509_ca"]:
        import certifi

        context.load_verify_locations(certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if proxy:
        return urllib3.ProxyManager(proxy, ssl_context=context, retries=False)

    def connect(self: Any) -> socket.socket:
        return _connect(self.host, int(self.port), self.timeout, allowed)

    def remembered(base: Any) -> Callable[[Any], None]:
        def opened(self: Any) -> None:
            base.connect(self)
            # the socket as it is used: TLS wraps the one that was connected
            sockets.add(self.sock)

        return opened

    plain = type("_Plain", (HTTPConnection,), {"_new_conn": connect, "connect": remembered(HTTPConnection)})
    secure = type("_Secure", (HTTPSConnection,), {"_new_conn": connect, "connect": remembered(HTTPSConnection)})
    manager = urllib3.PoolManager(ssl_context=context, retries=False)
    manager.pool_classes_by_scheme = {
        "http": type("_PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("_SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }
    return manager


def _connect(host: str, port: int, timeout: Any, allowed: frozenset[str]) -> socket.socket:
    """Connect to the first address that is not inside the local network.

    The check is made on the very address that is connected to: a name that answers differently the second time
    gains nothing.
    """
    trusted = f"{host}:{port}".lower() in allowed or host.lower() in allowed
    last: OSError | None = None
    inside = ""
    for family, kind, proto, _, where in socket.getaddrinfo(host.strip("[]"), port, 0, socket.SOCK_STREAM):
        found = ipaddress.ip_address(str(where[0]).split("%")[0])
        mapped = getattr(found, "ipv4_mapped", None)
        if not trusted and not (mapped or found).is_global:
            inside = str(found)
            continue
        sock = socket.socket(family, kind, proto)
        try:
            if isinstance(timeout, (int, float)):
                sock.settimeout(timeout)
            sock.connect(where)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        except OSError as exc:
            sock.close()
            last = exc
    if inside and last is None:
        raise SourceError(
            f"{host} leads to {inside}, an address inside the local network; refused. A server of your own is let in by the "
            f"environment variable {ALLOWED}={host}:{port}"
        )
    raise last or OSError(f"{host} has no address")
