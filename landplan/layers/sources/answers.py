"""Addresses as they may be seen, answers as they may be believed: what a server says is judged here before anything is done with it."""

from __future__ import annotations

import email.utils
import json
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from landplan.errors import SourceError
from landplan.layers.sources.secrets import Secret, redact

__all__ = ["Address", "Limits", "Reply", "TryAgain", "chunks", "in_words", "judge", "looks_like", "part_of", "raise_if_final", "range_start", "total_of"]

_CHUNK: Final = 1 << 16
_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})


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


class TryAgain(Exception):
    """An answer that may be better next time."""

    def __init__(self, why: str, wait_s: float | None = None) -> None:
        super().__init__(why)
        self.wait_s = wait_s


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


def chunks(answer: Any, at: Address, limit: Limits, deadline: float, *, already: int = 0) -> Iterator[bytes]:
    """Yield the body as it comes; more bytes or more time than allowed end it.

    Raises
    ------
    SourceError
    """
    done = already
    while True:
        if time.monotonic() > deadline:
            raise SourceError(f"{at.shown} took more than {limit.most_s:g} s ({done} bytes so far); stopped")
        chunk = answer.read1(_CHUNK)
        if not chunk:
            # urllib3 compares the length that was promised only in its other ways of reading
            left = getattr(answer, "length_remaining", None)
            if left:
                raise TryAgain(f"ended {left} bytes too early")
            return
        done += len(chunk)
        if done > limit.most_bytes:
            raise SourceError(
                f"{at.shown} is more than {limit.most_bytes / 1e6:.0f} MB, the most that is taken; ask for less, or raise max_mb of the source in the plan"
            )
        yield chunk


def judge(answer: Any, at: Address, asked: Address, ranged: bool) -> None:
    """Let a good status through; raise what another means, to be tried again or not.

    Raises
    ------
    SourceError
    """
    status = int(answer.status)
    if status == 200 or (status == 206 and ranged):
        return
    if status == 416 and ranged:
        raise TryAgain("the file is not what it was", 0.0)
    said = _start(answer.read(2000, decode_content=True)) if status != 204 else ""
    if status in _AGAIN:
        raise TryAgain(f"answered {status}{f': {said}' if said else ''}", _retry_after(answer.headers.get("Retry-After")))
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


def range_start(headers: Mapping[str, str]) -> int | None:
    """Return where a part of a file begins, as its Content-Range says; None where it does not."""
    said = headers.get("content-range", "")
    try:
        return int(said.removeprefix("bytes").strip().split("-")[0])
    except ValueError:
        return None


def total_of(headers: Mapping[str, str], start: int) -> int | None:
    """Return how long the whole file is said to be; None where nothing is said."""
    said = headers.get("content-range", "").rpartition("/")[2]
    if said.isdigit():
        return int(said)
    length = headers.get("content-length", "")
    return start + int(length) if length.isdigit() else None


def part_of(part: Path, mark: Path, asked: Address) -> tuple[int, str]:
    """Return how much of a download is there and the server's mark of it; nothing when they do not belong together."""
    try:
        said = json.loads(mark.read_text(encoding="utf-8"))
        if said["url"] == asked.shown and said["tag"]:
            return part.stat().st_size, str(said["tag"])
    except (OSError, ValueError, KeyError):
        pass
    return 0, ""


def looks_like(reply: Reply, expect: str) -> None:
    """Refuse an answer that is a web page, or something else than was expected.

    Raises
    ------
    SourceError
    """
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


def raise_if_final(exc: BaseException, asked: Address) -> None:
    """Raise what no second try would mend: our own refusals, a certificate that is not trusted, no network at all.

    Raises
    ------
    SourceError
    """
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


def in_words(exc: BaseException) -> str:
    """Return a fault of the connection in a few words, without secrets."""
    if any(isinstance(one, TimeoutError) for one in _causes(exc)):
        return "silent for too long"
    said = str(exc.args[0]) if exc.args else ""
    return redact((said or type(exc).__name__).splitlines()[0][:200])
