"""The one place that asks the internet: capped, patient, polite, and wary of where it is sent.

Every source goes through `Web`. An answer is taken whole or not at all: a short body, an HTML page in
place of data, a redirect to another host, an address inside the local network, more bytes or more time
than allowed are errors that name the address and what to do. Nothing is believed because a status is 200.
"""

from __future__ import annotations

import json
import logging
import os
import random
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit, urlunsplit

from landplan.errors import SourceError
from landplan.layers.sources.answers import (
    Address,
    Limits,
    Reply,
    TryAgain,
    chunks,
    in_words,
    judge,
    looks_like,
    part_of,
    raise_if_final,
    range_start,
    total_of,
)
from landplan.layers.sources.connections import ALLOWED, hosts_of, literal, manager
from landplan.layers.sources.secrets import guard_logs, redact

if TYPE_CHECKING:
    import urllib3

__all__ = ["Address", "Limits", "Reply", "Web"]

log = logging.getLogger(__name__)
MIRROR: Final = "LANDPLAN_MIRROR"
_MOVED: Final = frozenset({301, 302, 303, 307, 308})


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
    allowed: frozenset[str] = field(default_factory=lambda: hosts_of(os.environ.get(ALLOWED, "")))
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
                got = b"".join(chunks(answer, at, limit, deadline))
                reply = Reply(at.shown, answer.status, {k.lower(): v for k, v in answer.headers.items()}, got)
            looks_like(reply, expect)
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
            have, tag = part_of(part, mark, asked)
            sent = dict(headers or {})
            if have:
                # a compressed answer cannot be continued in the middle
                sent |= {"Range": f"bytes={have}-", "If-Range": tag, "Accept-Encoding": "identity"}
            with self._open("GET", asked, None, sent, limit, hosts, ranged=have > 0) as (answer, deadline, at):
                told = {k.lower(): v for k, v in answer.headers.items()}
                start = have if answer.status == 206 and range_start(told) == have else 0
                if answer.status == 206 and start != have:
                    part.unlink(missing_ok=True)
                    raise TryAgain("answered another range than was asked")
                fresh = told.get("etag") if not told.get("etag", "W/").startswith("W/") else told.get("last-modified")
                encoded = told.get("content-encoding", "identity") != "identity"
                mark.write_text(json.dumps({"url": asked.shown, "tag": "" if encoded else fresh or ""}), encoding="utf-8")
                total = total_of(told, start)
                with part.open("ab" if start else "wb") as out:
                    done = start
                    for chunk in chunks(answer, at, limit, deadline, already=start):
                        out.write(chunk)
                        done += len(chunk)
                        if progress:
                            progress(done, total)
            if total is not None and done != total and not encoded:
                raise TryAgain(f"ended after {done} of {total} bytes")
            reply = Reply(at.shown, answer.status, told, b"")
            with part.open("rb") as read:
                try:
                    looks_like(replace(reply, body=read.read(512)), expect)
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
            except TryAgain as exc:
                why, wait = str(exc), exc.wait_s
                if wait is not None and wait > limit.most_wait_s:
                    raise SourceError(
                        f"{asked.shown} asks us to wait {wait:.0f} s ({why}); run landplan fetch again later, "
                        "what has come is kept"
                    ) from None
            except (urllib3.exceptions.HTTPError, OSError) as exc:
                raise_if_final(exc, asked)
                why = in_words(exc)
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
                judge(answer, at, asked, ranged)
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
        with_literal = literal(at.name)
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
            self._pool[proxy] = manager(self.allowed, proxy, self._sockets)
        found: urllib3.PoolManager = self._pool[proxy]
        return found

    def close(self) -> None:
        """Close the connections."""
        for pool in (self._pool or {}).values():
            pool.clear()
