"""Keys and passwords of sources: from the environment or the keyring, and never shown.

A `Secret` prints as stars. Every one that was handed out is remembered, so that a text on its way to a
file, a log or a terminal can be cleaned of all of them, however it got there.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, quote_plus

from landplan.errors import SourceError

__all__ = ["STARS", "Secret", "find_secret", "redact", "variable_of"]

STARS: Final = "***"
_SERVICE: Final = "landplan"
_LEAST: Final = 4
_handed: set[str] = set()
# what keys are called in addresses: a key that somebody wrote into a plan or a server wrote into a link
_KEYED: Final = re.compile(r"(?i)([?&;](?:key|api[-_]?key|token|access[-_]?token|password|pass|pwd|secret|sig|signature)=)[^&#\s\"']+")
_PERCENT: Final = re.compile("%[0-9A-F]{2}")
# what moves a terminal's cursor, colours it, names its window, or turns the reading direction
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LOGIN: Final = re.compile(r"(?i)(https?://)[^/@\s:\"']+:[^/@\s\"']+@")


@dataclass(frozen=True, slots=True)
class Secret:
    """A key, a password or a token; shown as stars.

    Examples
    --------
    >>> word = Secret("trafiklab", "hemligt-ord")
    >>> f"{word}", redact("https://a.se/x.zip?q=hemligt-ord")
    ('***', 'https://a.se/x.zip?q=***')
    """

    name: str
    _value: str = field(repr=False)

    def __post_init__(self) -> None:
        """Remember it, in every form in which it may meet the eye."""
        if self._value:
            _handed.update(f for f in _forms(self._value) if len(f) >= _LEAST)

    def __str__(self) -> str:
        """Stars."""
        return STARS

    def __format__(self, spec: str) -> str:
        """Stars, however it is asked for."""
        return format(STARS, spec)

    def reveal(self) -> str:
        """Return the value, for the wire alone."""
        return self._value


def _forms(value: str) -> set[str]:
    """Return a secret as addresses, JSON and pages write it: a server may repeat in its error what it was asked."""
    quoted = {quote(value, safe=""), quote_plus(value), quote(value), quote(value, safe=":,/"), quote_plus(value, safe=":,/")}
    quoted |= {_PERCENT.sub(lambda m: m[0].lower(), q) for q in quoted}
    return {value, *quoted, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], html.escape(value), value.encode().decode("latin-1")}


def basic(user: Secret, password: Secret) -> str:
    """Return the header of HTTP Basic; it too is remembered as a secret."""
    both = base64.b64encode(f"{user.reveal()}:{password.reveal()}".encode()).decode("ascii")
    _handed.add(both)
    return f"Basic {both}"


def variable_of(name: str) -> str:
    """Return the environment variable of a secret: ``trafiklab`` is ``LANDPLAN_TRAFIKLAB_KEY``."""
    stem = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").upper()
    return f"LANDPLAN_{stem}_KEY"


def find_secret(name: str, *, environ: Mapping[str, str] | None = None) -> Secret | None:
    """Look a secret up: first the environment, then the keyring; None when neither has it.

    Parameters
    ----------
    name : str
        Such as ``"trafiklab"``; ``LANDPLAN_TRAFIKLAB_KEY``, or the keyring's service ``landplan``.
    environ : mapping, optional
        Default the process's own.

    Returns
    -------
    Secret or None
    """
    value = (os.environ if environ is None else environ).get(variable_of(name), "").strip()
    if not value:
        value = _from_keyring(name)
    return Secret(name, value) if value else None


def need_secret(name: str, *, what: str, where: str = "") -> Secret:
    """Return a secret, or say where to put it.

    Raises
    ------
    SourceError
        If neither the environment nor the keyring has it.
    """
    found = find_secret(name)
    if found is None:
        more = f" (free of charge: {where})" if where else ""
        raise SourceError(
            f"{what} needs a key{more}; set the environment variable {variable_of(name)}, or keep it in the keyring: "
            f"python -m keyring set {_SERVICE} {name}. Never write it into the plan."
        )
    return found


def _from_keyring(name: str) -> str:
    try:
        import keyring

        return (keyring.get_password(_SERVICE, name) or "").strip()
    except Exception:
        # a machine without a keyring, or a locked one, has no key to give: the caller says what to do
        return ""


def redact(value: Any) -> str:
    """Return a text without any secret that was handed out, or that an address seems to carry, and without a stranger's control characters."""
    text = str(value)
    for word in sorted(_handed, key=len, reverse=True):
        text = text.replace(word, STARS)
    return _CONTROL.sub("\ufffd", _LOGIN.sub(rf"\1{STARS}@", _KEYED.sub(rf"\1{STARS}", text)))


class Redacting(logging.Filter):
    """Cleans the records of a library's logger, whose words we do not choose."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the message; keep the record."""
        record.msg, record.args = redact(record.getMessage()), None
        return True


def guard_logs() -> None:
    """Put the cleaning on the loggers that write addresses when somebody turns their detail up."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry", "urllib3.poolmanager", "urllib3.connection"):
        logger = logging.getLogger(name)
        if not any(isinstance(f, Redacting) for f in logger.filters):
            logger.addFilter(Redacting())
