"""How a source is told who asks: a key in the address, a header, or a user and a password."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from landplan.errors import SourceError
from landplan.layers.sources.secrets import Secret, basic, need_secret, variable_of

__all__ = ["Login", "key_stays", "login_of", "variables_of"]

KEY_HOSTS: Final = "LANDPLAN_KEY_HOSTS"


@dataclass(frozen=True, slots=True)
class Login:
    """Headers and parameters that open a source."""

    headers: Mapping[str, str]
    params: Mapping[str, Secret]


def variables_of(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the environment variables a source's login is read from; none for an open source.

    Examples
    --------
    >>> variables_of({"key": "lantmateriet", "auth": "basic"})
    ('LANDPLAN_LANTMATERIET_USER_KEY', 'LANDPLAN_LANTMATERIET_KEY')
    """
    key = str(options.get("key", ""))
    if not key:
        return ()
    return (variable_of(f"{key}_user"), variable_of(key)) if options.get("auth") == "basic" else (variable_of(key),)


def key_stays(shipped: Mapping[str, Any], changed: Mapping[str, Any], *, where: str) -> None:
    """Refuse a source whose key would go elsewhere than the layer file says: a plan is sent around, and a key is a person's own.

    Parameters
    ----------
    shipped : mapping
        The source's options in the layer file.
    changed : mapping
        The same with what the plan changes.
    where : str
        The plan's table, for messages.

    Raises
    ------
    SourceError
        If a host is neither the layer file's for the same key nor named in ``LANDPLAN_KEY_HOSTS``.
    """
    if not changed.get("key"):
        return
    known = {h.strip().lower() for h in os.environ.get(KEY_HOSTS, "").split(",") if h.strip()}
    if shipped.get("key") == changed["key"]:
        known |= _hosts(shipped)
    if strange := sorted(_hosts(changed) - known):
        raise SourceError(
            f"{where} would send the key {variable_of(str(changed['key']))} to {strange[0]}, which the layer file does not name; a plan cannot send keys elsewhere. "
            f"If that is right, say so in the environment: {KEY_HOSTS}={strange[0]}"
        )


def _hosts(options: Mapping[str, Any]) -> set[str]:
    hosts = options.get("hosts", ())
    named = [str(h).lower() for h in ((hosts,) if isinstance(hosts, str) else hosts)]
    try:
        return {h for h in (urlsplit(str(options.get("url", ""))).hostname, *named) if h}
    except ValueError:
        return {str(options.get("url", "")), *named}


def login_of(options: Mapping[str, Any], *, what: str) -> Login:
    """Return what a source's ``key`` and ``auth`` ask for; nothing for an open source.

    Parameters
    ----------
    options : mapping
        The source's: `key` names the secret, `auth` is ``param:<name>`` (in the address), ``bearer`` or ``basic``.
    what : str
        The source in words, for messages.

    Raises
    ------
    SourceError
        If the secret is not set, or `auth` is none of these.
    """
    key = str(options.get("key", ""))
    if not key:
        return Login({}, {})
    where = str(options.get("key_at", ""))
    auth = str(options.get("auth", "param:key"))
    if auth == "basic":
        user, password = (need_secret(n, what=what, where=where) for n in (f"{key}_user", key))
        return Login({"Authorization": basic(user, password)}, {})
    secret = need_secret(key, what=what, where=where)
    if auth == "bearer":
        return Login({"Authorization": f"Bearer {secret.reveal()}"}, {})
    if auth.startswith("param:"):
        return Login({}, {auth.removeprefix("param:"): secret})
    raise SourceError(f"{what}: auth {auth!r} is not param:<name>, bearer or basic")
