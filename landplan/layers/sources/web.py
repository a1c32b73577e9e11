"""The one place that asks the internet: capped, patient, polite, and wary of where it is sent.

Every source goes through `Web`. An answer is taken whole or not at all: a short body, an HTML page in
place of data, a redirect to another host, an address inside the local network, more bytes or more time
than allowed are errors that name the address and what to do. Nothing is believed because a status is 200.
"""

from __future__ import annotations

import email.utils
import ipaddress
import json
import logging
import os
import random
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from landplan.errors import SourceError
from landplan.layers.sources.secrets import Secret, guard_logs, redact

if TYPE_CHECKING:
    import urllib3

__all__ = ["Limits", "Reply", "Web"]

log = logging.getLogger(__name__)
ALLOWED: Final = "LANDPLAN_ALLOW_HOSTS"
MIRROR: Final = "LANDPLAN_MIRROR"
_CHUNK: Final = 1 << 16
_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})
_MOVED: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Limits:
    """What one answer may cost.

    Parameters
    ----------
    most_bytes : int
        Of the answer as it is used, after unpacking: a compressed bomb counts as what it becomes.
    most_s : float
        From the first byte asked to the last received, retries apart.
    stall_s : float
        The longest silence.
    tries : int
        How often one address is asked.
    most_wait_s : float
        The longest a server may ask us to wait before the next try.
    """

    most_bytes: int = 512 * 1024**2
    most_s: float = 600.0
    stall_s: float = 60.0
    tries: int = 4
    most_wait_s: float = 120.0
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Reply:
    """One whole answer."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """The content type without its parameters."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def json(self) -> Any:
        """Return the body as JSON.

        Raises
        ------
        SourceError
            If it is something else, or cut short.
        """
        try:
            return json.loads(self.body)
        except ValueError as exc:
            where = f"line {exc.lineno}, column {exc.colno}" if isinstance(exc, json.JSONDecodeError) else str(exc)
            raise SourceError(
                f"{self.url} answered {len(self.body)} bytes that are not whole JSON ({where}): {_start(self.body)!r}; "
                "the answer was cut short or is an error page; nothing of it is used"
            ) from None


class _TryAgain(Exception):
    """An answer that may be better next time."""

    def __init__(self, why: str, wait_s: float | None = None) -> None:
        super().__init__(why)
        self.wait_s = wait_s


@dataclass
class Web:
    """Asks addresses and returns whole answers.

    Parameters
    ----------
    limits : Limits, optional
    per_second : float
        Most requests a second to one host.
    allowed : frozenset of str
        Hosts (``name`` or ``name:port``) that may lie in the local network and answer without TLS; from the
        environment variable ``LANDPLAN_ALLOW_HOSTS``, never from a plan.
    mirror : str
        Address of a server that repeats the sources, ``http://mirror/`` + the source's host and path; from
        ``LANDPLAN_MIRROR``. A municipality on a closed network has one; the tests are one.
    """

    limits: Limits = field(default_factory=Limits)
    per_second: float = 3.0
    allowed: frozenset[str] = field(default_factory=lambda: _hosts_of(os.environ.get(ALLOWED, "")))
    mirror: str = field(default_factory=lambda: os.environ.get(MIRROR, "").rstrip("/"))
    agent: str = "landplan"
    sleep: Callable[[float], None] = time.sleep
    requests: int = 0
    rates: dict[str, float] = field(default_factory=dict)
    """Requests a second of the hosts whose providers state a limit."""
    _next: dict[str, float] = field(default_factory=dict, repr=False)
    _pool: Any = field(default=None, repr=False)
    _sockets: weakref.WeakSet[socket.socket] = field(default_factory=weakref.WeakSet, repr=False)

    def __post_init__(self) -> None:
        """Let the mirror's host through, keep keys out of the logs."""
        guard_logs()
        if self.mirror:
            self.allowed = self.allowed | {urlsplit(self.mirror).netloc.rpartition("@")[2].lower()}

    def get(
        self, url: str, *, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None,
        limits: Limits | None = None, hosts: frozenset[str] = frozenset(), expect: str = "", ranged: bool = False,
    ) -> Reply:
        """Ask for an address.

        Parameters
        ----------
        url : str
        params : mapping, optional
            Added to the address's query; a `Secret` among them is sent and never shown.
        headers : mapping, optional
        limits : Limits, optional
        hosts : frozenset of str
            Other hosts that a redirect may lead to; without login.
        expect : {"", "json", "xml", "zip"}
            What the answer must look like; an HTML page is refused for all of them.
        ranged : bool, default False
            The headers ask for a part: an answer of status 206 is good.

        Returns
        -------
        Reply

        Raises
        ------
        SourceError
            If no whole answer came.
        """
        return self._ask("GET", url, params, None, headers, limits, hosts, expect, ranged)

    def post(
        self, url: str, *, body: bytes, kind: str, params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None, limits: Limits | None = None, expect: str = "",
    ) -> Reply:
        """Send `body` of content type `kind`; see `get`."""
        sent = {"Content-Type": kind, **(headers or {})}
        return self._ask("POST", url, params, body, sent, limits, frozenset(), expect, False)

    def _ask(
        self, method: str, url: str, params: Mapping[str, Any] | None, body: bytes | None,
        headers: Mapping[str, str] | None, limits: Limits | None, hosts: frozenset[str], expect: str, ranged: bool,
    ) -> Reply:
        limit = limits or self.limits
        asked = Address.of(url, params)

        def once() -> Reply:
            with self._open(method, asked, body, headers, limit, hosts, ranged=ranged) as (answer, deadline, at):
                got = b"".join(_chunks(answer, at, limit, deadline))
                reply = Reply(at.shown, answer.status, {k.lower(): v for k, v in answer.headers.items()}, got)
            _looks_like(reply, expect)
            return reply

        return self._patiently(once, asked, limit)

    def download(
        self, url: str, target: Path, *, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None,
        limits: Limits | None = None, hosts: frozenset[str] = frozenset(), expect: str = "",
        progress: Callable[[int, int | None], None] | None = None,
    ) -> Reply:
        """Download a file into `target`; what an earlier try got is kept and only the rest is asked for.

        The part lies beside the target as ``<name>.part`` with the server's mark (ETag or date) beside it; the target
        appears when it is whole. A server that does not say its file is the same starts over.

        Returns
        -------
        Reply
            Without a body.

        Raises
        ------
        SourceError
        """
        limit = limits or self.limits
        asked = Address.of(url, params)
        part, mark = target.with_name(target.name + ".part"), target.with_name(target.name + ".part.json")
        target.parent.mkdir(parents=True, exist_ok=True)

        def once() -> Reply:
            have, tag = _part_of(part, mark, asked)
            sent = dict(headers or {})
            if have:
                # a compressed answer cannot be continued in the middle
                sent |= {"Range": f"bytes={have}-", "If-Range": tag, "Accept-Encoding": "identity"}
            with self._open("GET", asked, None, sent, limit, hosts, ranged=have > 0) as (answer, deadline, at):
                told = {k.lower(): v for k, v in answer.headers.items()}
                start = have if answer.status == 206 and _range_start(told) == have else 0
                if answer.status == 206 and start != have:
                    part.unlink(missing_ok=True)
                    raise _TryAgain("answered another range than was asked")
                fresh = told.get("etag") if not told.get("etag", "W/").startswith("W/") else told.get("last-modified")
                encoded = told.get("content-encoding", "identity") != "identity"
                mark.write_text(json.dumps({"url": asked.shown, "tag": "" if encoded else fresh or ""}), encoding="utf-8")
                total = _total(told, start)
                with part.open("ab" if start else "wb") as out:
                    done = start
                    for chunk in _chunks(answer, at, limit, deadline, already=start):
                        out.write(chunk)
                        done += len(chunk)
                        if progress:
                            progress(done, total)
            if total is not None and done != total and not encoded:
                raise _TryAgain(f"ended after {done} of {total} bytes")
            reply = Reply(at.shown, answer.status, told, b"")
            with part.open("rb") as read:
                try:
                    _looks_like(replace(reply, body=read.read(512)), expect)
                except SourceError:
                    part.unlink(missing_ok=True)
                    mark.unlink(missing_ok=True)
                    raise
            os.replace(part, target)
            mark.unlink(missing_ok=True)
            return reply

        return self._patiently(once, asked, limit)

    def _patiently(self, once: Callable[[], Reply], asked: Address, limit: Limits) -> Reply:
        import urllib3

        why = ""
        for attempt in range(1, limit.tries + 1):
            self._polite(asked.host)
            self.requests += 1
            wait: float | None = None
            try:
                return once()
            except _TryAgain as exc:
                why, wait = str(exc), exc.wait_s
                if wait is not None and wait > limit.most_wait_s:
                    raise SourceError(
                        f"{asked.shown} asks us to wait {wait:.0f} s ({why}); run landplan fetch again later, "
                        "what has come is kept"
                    ) from None
            except (urllib3.exceptions.HTTPError, OSError) as exc:
                _raise_if_final(exc, asked)
                why = _plain(exc)
            if attempt < limit.tries:
                pause = min(2.0 ** (attempt - 1), 30.0) * (1 + 0.1 * random.random()) if wait is None else wait
                log.info("%s: %s; again in %.0f s", asked.shown, redact(why), pause)
                self.sleep(pause)
        raise SourceError(
            f"{asked.shown} gave no whole answer in {limit.tries} tries (last: {redact(why)}); "
            "run landplan fetch again later, what has come is kept and the previous version stays"
        )

    def _polite(self, host: str) -> None:
        if self.mirror:
            # a mirror is our own: nobody else's limits hold there
            return
        now = time.monotonic()
        at = max(now, self._next.get(host, 0.0))
        self._next[host] = at + 1.0 / self.rates.get(host, self.per_second)
        if at > now:
            self.sleep(at - now)

    @contextmanager
    def _open(
        self, method: str, asked: Address, body: bytes | None, headers: Mapping[str, str] | None, limit: Limits,
        hosts: frozenset[str], *, ranged: bool = False,
    ) -> Iterator[tuple[Any, float, Address]]:
        """Open an answer with a good status, following redirects only where they may lead."""
        import urllib3

        deadline = time.monotonic() + limit.most_s
        at = asked
        sent = {"User-Agent": self._agent(), "Accept-Encoding": "gzip", **(headers or {})}
        for _ in range(limit.redirects + 1):
            self._may_ask(at)
            goal = self._mirrored(at)
            with self._until(deadline, at, limit):
                answer = self._pools(goal).request(
                    method, goal.real, body=body, headers=sent, redirect=False, retries=False, preload_content=False,
                    timeout=urllib3.Timeout(connect=min(20.0, limit.stall_s), read=limit.stall_s), decode_content=True,
                )
            try:
                if answer.status in _MOVED:
                    at, sent = self._redirected(at, answer.headers.get("Location", ""), sent, hosts)
                    if answer.status == 303:
                        method, body = "GET", None
                    continue
                _status(answer, at, asked, ranged)
                if ranged and answer.status == 200 and "If-Range" not in sent:
                    raise SourceError(f"{at.shown} does not give byte ranges; download the file by hand and name it in the plan")
                yield answer, deadline, at
                return
            finally:
                answer.close()
        raise SourceError(f"{asked.shown} redirects more than {limit.redirects} times; is the address right?")

    @contextmanager
    def _until(self, deadline: float, at: Address, limit: Limits) -> Iterator[None]:
        """End what has not answered at the deadline: headers that drip are never silent for long enough to stall."""
        late = threading.Event()

        def end() -> None:
            late.set()
            for sock in list(self._sockets):
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(max(0.0, deadline - time.monotonic()), end)
        timer.daemon = True
        timer.start()
        try:
            yield
        except Exception:
            if late.is_set():
                raise SourceError(f"{at.shown} took more than {limit.most_s:g} s to begin its answer; stopped") from None
            raise
        finally:
            timer.cancel()

    def _redirected(self, at: Address, location: str, sent: dict[str, str], hosts: frozenset[str]) -> tuple[Address, dict[str, str]]:
        if not location:
            raise SourceError(f"{at.shown} redirects nowhere; is the address right?")
        target = Address.of(self._unmirrored(urljoin(at.real, location), at), None)
        if target.scheme not in ("http", "https"):
            raise SourceError(f"{at.shown} redirects to {redact(location)}, which is no web address; refused")
        if at.scheme == "https" and target.scheme == "http":
            raise SourceError(f"{at.shown} redirects to {target.shown} without TLS; refused")
        if target.netloc != at.netloc:
            if target.name not in hosts:
                raise SourceError(
                    f"{at.shown} redirects to another host, {target.netloc}; refused. If the provider has moved, put the new address into the plan: "
                    "[sources.<id>] url"
                )
            # a login is for the host it was given for
            sent = {k: v for k, v in sent.items() if k.lower() not in ("authorization", "cookie")}
        return target, sent

    def _may_ask(self, at: Address) -> None:
        if at.scheme not in ("http", "https") or not at.name:
            raise SourceError(f"{at.shown} is no web address; sources are asked by https alone")
        if self.mirror or self._trusted(at):
            return
        if at.scheme == "http":
            raise SourceError(f"{at.shown} is without TLS; sources are asked by https alone")
        with_literal = _literal(at.name)
        if with_literal is not None and not with_literal.is_global:
            raise SourceError(f"{at.shown} is an address inside the local network; refused (see {ALLOWED} in the README)")

    def _trusted(self, at: Address) -> bool:
        return at.netloc.lower() in self.allowed or at.name.lower() in self.allowed

    def _mirrored(self, at: Address) -> Address:
        if not self.mirror or self._trusted(at):
            return at
        base = urlsplit(self.mirror)
        path = f"{base.path}/{at.netloc}{urlsplit(at.real).path}"
        return Address(urlunsplit((base.scheme, base.netloc, path, urlsplit(at.real).query, "")), at.shown)

    def _unmirrored(self, url: str, at: Address) -> str:
        """Undo what a mirror's own address does to a redirect that names it."""
        base = self.mirror
        if base and url.startswith(f"{base}/"):
            return f"{at.scheme}://{url[len(base) + 1 :]}"
        return url

    def _agent(self) -> str:
        import landplan

        return f"{self.agent}/{landplan.__version__}"

    def _pools(self, at: Address) -> urllib3.PoolManager:
        """Return the pool manager: our own connections, or a proxy's that the environment names."""
        from urllib.request import getproxies, proxy_bypass

        proxy = None if self._trusted(at) or proxy_bypass(at.name) else getproxies().get(at.scheme)
        if self._pool is None:
            self._pool = {}
        if proxy not in self._pool:
            self._pool[proxy] = _manager(self.allowed, proxy, self._sockets)
        found: urllib3.PoolManager = self._pool[proxy]
        return found

    def close(self) -> None:
        """Close the connections."""
        for manager in (self._pool or {}).values():
            manager.clear()


@dataclass(frozen=True, slots=True)
class Address:
    """An address as it is asked (`real`) and as it may be seen (`shown`)."""

    real: str
    shown: str

    @classmethod
    def of(cls, url: str, params: Mapping[str, Any] | None) -> Address:
        """Put the parameters into the address; what a secret is, is shown as stars."""
        parts = urlsplit(url)
        pairs: list[tuple[str, Any]] = [*parse_qsl(parts.query, keep_blank_values=True), *(params or {}).items()]
        real = urlencode([(k, v.reveal() if isinstance(v, Secret) else str(v)) for k, v in pairs], safe=":,/")
        shown = urlencode([(k, str(v)) for k, v in pairs], safe=":,/*")
        return cls(urlunsplit(parts._replace(query=real, fragment="")), redact(urlunsplit(parts._replace(query=shown, fragment=""))))

    @property
    def scheme(self) -> str:
        """``https``, or what it must not be."""
        return urlsplit(self.real).scheme.lower()

    @property
    def netloc(self) -> str:
        """Host and port."""
        return urlsplit(self.real).netloc.rpartition("@")[2].lower()

    @property
    def name(self) -> str:
        """The host's name alone."""
        return urlsplit(self.real).hostname or ""

    @property
    def host(self) -> str:
        """The host, for politeness."""
        return self.netloc


def _hosts_of(text: str) -> frozenset[str]:
    return frozenset(h.strip().lower() for h in text.split(",") if h.strip())


def _literal(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return None


def _manager(allowed: frozenset[str], proxy: str | None, sockets: weakref.WeakSet[socket.socket]) -> urllib3.PoolManager:
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


def _chunks(answer: Any, at: Address, limit: Limits, deadline: float, *, already: int = 0) -> Iterator[bytes]:
    """Yield the body as it comes; more bytes or more time than allowed end it."""
    done = already
    while True:
        if time.monotonic() > deadline:
            raise SourceError(f"{at.shown} took more than {limit.most_s:g} s ({done} bytes so far); stopped")
        chunk = answer.read1(_CHUNK)
        if not chunk:
            # urllib3 compares the length that was promised only in its other ways of reading
            left = getattr(answer, "length_remaining", None)
            if left:
                raise _TryAgain(f"ended {left} bytes too early")
            return
        done += len(chunk)
        if done > limit.most_bytes:
            raise SourceError(
                f"{at.shown} is more than {limit.most_bytes / 1e6:.0f} MB, the most that is taken; ask for less, or raise max_mb of the source in the plan"
            )
        yield chunk


def _status(answer: Any, at: Address, asked: Address, ranged: bool) -> None:
    status = int(answer.status)
    if status == 200 or (status == 206 and ranged):
        return
    if status == 416 and ranged:
        raise _TryAgain("the file is not what it was", 0.0)
    said = _start(answer.read(2000, decode_content=True)) if status != 204 else ""
    if status in _AGAIN:
        raise _TryAgain(f"answered {status}{f': {said}' if said else ''}", _retry_after(answer.headers.get("Retry-After")))
    if status in (401, 403):
        raise SourceError(
            f"{at.shown} answered {status}: the key or login is missing, wrong or has expired; renew it at the provider and set it in the "
            f"environment or the keyring (landplan layers show names the variable)"
        )
    raise SourceError(f"{at.shown} answered {status}{f': {redact(said)}' if said else ''}; is the address right?")


def _retry_after(value: str | None) -> float | None:
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _range_start(headers: Mapping[str, str]) -> int | None:
    said = headers.get("content-range", "")
    try:
        return int(said.removeprefix("bytes").strip().split("-")[0])
    except ValueError:
        return None


def _total(headers: Mapping[str, str], start: int) -> int | None:
    said = headers.get("content-range", "").rpartition("/")[2]
    if said.isdigit():
        return int(said)
    length = headers.get("content-length", "")
    return start + int(length) if length.isdigit() else None


def _part_of(part: Path, mark: Path, asked: Address) -> tuple[int, str]:
    """Return how much of a download is there and the server's mark of it; nothing when they do not belong together."""
    try:
        said = json.loads(mark.read_text(encoding="utf-8"))
        if said["url"] == asked.shown and said["tag"]:
            return part.stat().st_size, str(said["tag"])
    except (OSError, ValueError, KeyError):
        pass
    return 0, ""


def _looks_like(reply: Reply, expect: str) -> None:
    head = reply.body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html")):
        raise SourceError(
            f"{reply.url} answered with a web page in place of data (status {reply.status}): {_start(reply.body)!r}; "
            "the service may be down for maintenance; nothing of it is used"
        )
    if not expect:
        return
    starts = {"json": (b"{", b"["), "xml": (b"<",), "zip": (b"pk\x03\x04", b"pk\x05\x06")}[expect]
    if not head.startswith(starts):
        raise SourceError(f"{reply.url} answered something else than {expect.upper()}: {_start(reply.body)!r}; nothing of it is used")


def _start(body: bytes) -> str:
    import re

    text = body[:600].decode("utf-8", errors="replace")
    return redact(" ".join(re.sub(r"<[^>]*>", " ", text).split()))[:160]


def _causes(exc: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what urllib3 wrapped in it."""
    waiting, seen = [exc], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = (getattr(one, "reason", None), one.__cause__, *one.args)
        waiting += [e for e in inner if isinstance(e, BaseException)]


def _raise_if_final(exc: BaseException, asked: Address) -> None:
    """Raise what no second try would mend: our own refusals, a certificate that is not trusted, no network at all."""
    for one in _causes(exc):
        if isinstance(one, SourceError):
            raise one from None
        if isinstance(one, ssl.SSLCertVerificationError):
            said = redact(one.verify_message or one)
            raise SourceError(f"{asked.shown}: the server's certificate is not trusted ({said}); nothing was sent or read") from None
        if isinstance(one, socket.gaierror):
            raise SourceError(
                f"{asked.shown}: the name {asked.name} is not known here; is this machine on the internet, and the address right? "
                "What has been fetched before stays and is used"
            ) from None


def _plain(exc: BaseException) -> str:
    if any(isinstance(one, TimeoutError) for one in _causes(exc)):
        return "silent for too long"
    said = str(exc.args[0]) if exc.args else ""
    return redact((said or type(exc).__name__).splitlines()[0][:200])
