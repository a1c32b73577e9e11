"""PxWeb, the statistics databases of SCB and Statistics Finland: PxWebApi 2 and the older version 1.

A table is asked for its variables first. The cells of the selection are counted before any number is
fetched, cut into requests below the provider's cap, and every answer must hold exactly the codes it was
asked for: a table that is nearly whole is refused.
"""

from __future__ import annotations

import ast
import difflib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from landplan.errors import SourceError
from landplan.layers.sources.asking import Answer, Ask, Spool
from landplan.layers.sources.jsonstat import Cube, Dimension, cube_frame, read_cube, read_dimensions
from landplan.style import Text

if TYPE_CHECKING:
    from landplan.layers.sources.web import Web

__all__ = ["describe", "fetch"]

Selection = dict[str, tuple[str, ...]]
MOST_CELLS: Final = 150_000  # SCB's cap of one answer
CALLS: Final = "30 per 10 s"  # SCB's limit
_FORMAT: Final = {"outputFormat": "json-stat2"}
_CALLS: Final = re.compile(r"\s*(\d+)\s+per\s+(?:(\d+(?:\.\d+)?)\s*)?s\s*$")
_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class _Table:
    """What is asked: where, which version of the API, what there is."""

    metadata: str
    data: str
    params: Mapping[str, str]
    version: str

    @classmethod
    def of(cls, ask: Ask) -> _Table:
        language, version = ask.text("language", "sv"), ask.text("api", "2")
        base, table = ask.text("url").replace("{language}", language).rstrip("/"), ask.text("table").strip("/")
        if version == "1":
            return cls(f"{base}/{table}", f"{base}/{table}", {}, "1")
        if version != "2":
            raise SourceError(f'{ask.what}: api is "2" or "1", not {version!r}; change it in the plan: [sources.{ask.source}] api')
        if "/" in table:
            raise SourceError(
                f"{ask.what}: PxWebApi 2 names tables as TAB1830, not by the path {table!r}; find its id at {base}/tables?query=…, "
                f'or set [sources.{ask.source}] api = "1" with the address of version 1'
            )
        return cls(f"{base}/tables/{table}/metadata", f"{base}/tables/{table}/data", {"lang": language, **_FORMAT}, "2")

    def body(self, piece: Selection) -> bytes:
        """Return the question for one piece, in the version's words."""
        if self.version == "1":
            query = [{"code": v, "selection": {"filter": "item", "values": list(c)}} for v, c in piece.items()]
            return json.dumps({"query": query, "response": {"format": "json-stat2"}}).encode()
        return json.dumps({"selection": [{"variableCode": v, "valueCodes": list(c)} for v, c in piece.items()]}).encode()


def describe(ask: Ask) -> tuple[str, ...]:
    """Return the addresses that would be asked; nothing is sent.

    Parameters
    ----------
    ask : Ask

    Returns
    -------
    tuple of str
        The table's description, then its data.
    """
    from landplan.layers.sources.web import Address

    table = _Table.of(ask)
    return tuple(dict.fromkeys(Address.of(url, table.params).shown for url in (table.metadata, table.data)))


def fetch(ask: Ask, web: Web, spool: Spool, progress: Callable[[int, int | None], None] | None = None) -> Answer:
    """Fetch a selection of a table, whole.

    Parameters
    ----------
    ask : Ask
        Options: ``url``, ``table``, ``api`` ("2" or "1"), ``language``, ``select`` (variable to codes; ``"*"`` all,
        ``"latest"`` the newest time, ``"top:N"`` the N newest, ``"25*"`` all that begin with 25, ``"{municipalities}"``
        the plan's; a variable that is not named comes whole), ``most_cells``, ``calls`` ("30 per 10 s").
    web : Web
    spool : Spool
        Keeps the answers until the caller has the layer and clears it.
    progress : callable, optional
        Told the cells that have come and all of them.

    Returns
    -------
    Answer
        `frame` in long form, one row a cell, each variable's code and ``<variable>_label``, and ``value``; `counted`
        the cells of the selection, counted before they were asked for.

    Raises
    ------
    SourceError
        If a variable or code is not in the table, or an answer is not exactly what was asked for.
    """
    import pandas as pd

    table = _Table.of(ask)
    host = urlsplit(table.data).netloc.rpartition("@")[2].lower()
    web.rates[host] = _rate(ask)
    try:
        reply = web.get(table.metadata, params=table.params, expect="json")
    except SourceError as exc:
        raise SourceError(f"{exc}; table {ask.text('table')!r} of {ask.what}") from None
    described = reply.json()
    variables = _variables(described, table.version, reply.url)
    selection = _resolve(ask, variables, reply.url)
    cells = math.prod(len(c) for c in selection.values())
    most = int(ask.number("most_cells", MOST_CELLS))
    pieces = list(_pieces(selection, most))
    updated = str(described.get("updated") or "") if isinstance(described, Mapping) else ""
    spool.start(json.dumps([table.data, dict(table.params), selection, cells, most, updated]))

    frames, queries, marks, done = [], [reply.url], dict[str, int](), 0
    for number, piece in enumerate(pieces):
        size = math.prod(len(c) for c in piece.values())
        read: list[Cube] = []

        def ask_piece(piece: Selection = piece, read: list[Cube] = read) -> bytes:
            body = _post(web, table, piece, ask)
            # checked before it is kept: a page that is wrong must not be found again tomorrow
            read.append(_checked(body, piece, table.data))
            return body

        body = spool.page(f"piece {number}", ask_piece)
        cube = read[0] if read else _checked(body, piece, table.data)
        frames.append(cube_frame(cube))
        queries.append(f"{table.data} {_in_words(piece)}")
        for mark, count in cube.marks.items():
            marks[mark] = marks.get(mark, 0) + count
        updated = updated or cube.updated
        done += size
        if progress:
            progress(done, cells)
    frame = pd.concat(frames, ignore_index=True)
    if len(frame) != cells:
        raise SourceError(f"{table.data} gave {len(frame)} of {cells} cells; nothing of it is used, fetch again later")
    return Answer(frame, counted=cells, queries=tuple(queries), notes=_notes(marks, cells, len(pieces)), date=updated[:10])


def _notes(marks: Mapping[str, int], cells: int, pieces: int) -> tuple[Text, ...]:
    notes = []
    if pieces > 1:
        notes.append(Text(
            f"Tabellen hämtades i {pieces} delar, var och en under leverantörens tak för celler.",
            f"The table came in {pieces} pieces, each below the provider's cap of cells.",
        ))
    for mark, count in sorted(marks.items()):
        sv, en = (f"märkta ”{mark}”", f'marked "{mark}"') if mark else ("utan märke", "without a mark")
        notes.append(Text(
            f"{count} av {cells} celler har inget värde ({sv} hos leverantören); de är tomma, inte noll.",
            f"{count} of {cells} cells have no value ({en} by the provider); they are empty, not zero.",
        ))
    return tuple(notes)


def _rate(ask: Ask) -> float:
    said = ask.text("calls", CALLS)
    match = _CALLS.match(said)
    if not match or not int(match[1]) or float(match[2] or 1) <= 0:
        raise SourceError(f'{ask.what}: calls = {said!r} is not understood; write it as "30 per 10 s"')
    return int(match[1]) / float(match[2] or 1)


def _post(web: Web, table: _Table, piece: Selection, ask: Ask) -> bytes:
    try:
        reply = web.post(table.data, body=table.body(piece), kind="application/json", params=table.params, expect="json")
    except SourceError as exc:
        if "answered 403" in str(exc):
            # PxWeb answers so when a question makes more cells than it allows; there is no key to renew
            cells = math.prod(len(c) for c in piece.values())
            raise SourceError(
                f"{table.data} answered 403 to a question of {cells} cells: its cap is lower; set "
                f"[sources.{ask.source}] most_cells below {cells} in the plan"
            ) from None
        raise
    return reply.body


def _variables(described: Any, version: str, where: str) -> dict[str, Dimension]:
    if version == "2":
        return {d.id: d for d in read_dimensions(described, where=where)}
    found: dict[str, Dimension] = {}
    for v in described.get("variables", ()) if isinstance(described, Mapping) else ():
        codes = tuple(str(c) for c in v.get("values", ()))
        texts = tuple(str(t) for t in v.get("valueTexts", codes))
        if not v.get("code") or not codes or len(texts) != len(codes):
            raise SourceError(f"{where}: variable {v.get('code')!r} has {len(codes)} values and {len(texts)} texts; is it a table?")
        found[str(v["code"])] = Dimension(str(v["code"]), str(v.get("text", v["code"])), codes, texts, bool(v.get("time")))
    if not found:
        raise SourceError(f"{where} describes no variables; is it a table and not a folder? Its address ends with the table's id")
    return found


def _chosen(ask: Ask) -> dict[str, list[str]]:
    """Return the option ``select``, given as a table, or in one line: ``"Region={municipalities}; Tid=latest"``."""
    raw = ask.options.get("select", {})
    if isinstance(raw, str) and raw.lstrip().startswith("{"):
        try:
            raw = ast.literal_eval(raw)
        except (SyntaxError, ValueError):
            raw = None
    elif isinstance(raw, str):
        pairs = [part.partition("=") for part in raw.split(";") if part.strip()]
        raw = {k.strip(): [c.strip() for c in v.split(",")] for k, sign, v in pairs if sign} if all(p[1] for p in pairs) else None
    if not isinstance(raw, Mapping):
        raise SourceError(f"{ask.what}: select is not understood; write [sources.{ask.source}.select] with a line a variable: Tid = \"latest\"")
    return {str(k): [str(c) for c in v] if isinstance(v, Sequence) and not isinstance(v, str) else [str(v)] for k, v in raw.items()}


def _resolve(ask: Ask, variables: Mapping[str, Dimension], where: str) -> Selection:
    chosen = _chosen(ask)
    if unknown := [v for v in chosen if v not in variables]:
        near = difflib.get_close_matches(unknown[0], variables, n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise SourceError(f"{where} has no variable {unknown[0]!r}{hint} It has {', '.join(variables)}")
    selection = {v: _codes(ask, d, chosen.get(v, ["*"]), where) for v, d in variables.items()}
    if empty := [v for v, codes in selection.items() if not codes]:
        raise SourceError(f"{where}: nothing is selected of {empty[0]!r}; name codes, or \"*\" for all")
    return selection


def _codes(ask: Ask, variable: Dimension, wanted: Sequence[str], where: str) -> tuple[str, ...]:
    have = set(variable.codes)
    found: dict[str, None] = {}
    for one in wanted:
        local = "{municipalit" in one
        for code in _filled(ask, one):
            if code == "*":
                found.update(dict.fromkeys(variable.codes))
            elif code == "latest" or code.startswith("top:"):
                found.update(dict.fromkeys(_newest(ask, variable, code)))
            elif code in have:
                found[code] = None
            elif code.endswith("*") and (begun := [c for c in variable.codes if c.startswith(code[:-1])]):
                found.update(dict.fromkeys(begun))
            else:
                raise _no_code(code, variable, local, where, ask)
    # in the table's own order: so the answer has them
    return tuple(c for c in variable.codes if c in found)


def _filled(ask: Ask, template: str) -> list[str]:
    if "{municipalit" not in template:
        return [template]
    if not ask.municipalities:
        raise SourceError(
            f"{ask.what} is asked by municipality and the plan names none; write [area] municipalities, "
            f"or the codes themselves in [sources.{ask.source}.select]"
        )
    return [template.replace("{municipalities}", m).replace("{municipality}", m) for m in ask.municipalities]


def _newest(ask: Ask, variable: Dimension, code: str) -> list[str]:
    count = "1" if code == "latest" else code.removeprefix("top:").strip()
    if not count.isdigit() or not int(count):
        raise SourceError(f"{ask.what}: {code!r} is not understood; write top:5")
    # tables run forward in time or, in some countries, backward: the codes of times sort
    newest = set(sorted(variable.codes)[-int(count):])
    return [c for c in variable.codes if c in newest]


def _no_code(code: str, variable: Dimension, local: bool, where: str, ask: Ask) -> SourceError:
    near = difflib.get_close_matches(code, variable.codes, n=1, cutoff=0.0)
    label = variable.labels[variable.codes.index(near[0])] if near else ""
    hint = f"; the nearest is {near[0]} ({label})" if near else ""
    what = "municipality code" if local else "code"
    return SourceError(
        f"{where}: {what} {code} is not in the table's {variable.id}{hint}. Correct "
        f"{'[area] municipalities' if local else f'[sources.{ask.source}.select]'} in the plan"
    )


def _pieces(selection: Selection, most: int) -> Iterator[Selection]:
    """Cut a selection along its largest variable until each piece is small enough."""
    cells = math.prod(len(c) for c in selection.values())
    if cells <= most:
        yield selection
        return
    largest = max(selection, key=lambda v: len(selection[v]))
    codes = selection[largest]
    if len(codes) == 1 or most < 1:
        raise SourceError(f"most_cells = {most} lets no cell through; leave it out, or write 150000")
    step = max(1, most // (cells // len(codes)))
    for start in range(0, len(codes), step):
        yield from _pieces({**selection, largest: codes[start : start + step]}, most)


def _checked(body: bytes, piece: Selection, where: str) -> Cube:
    """Read an answer and refuse it unless it holds exactly what was asked for."""
    try:
        data = json.loads(body)
    except ValueError:
        raise SourceError(f"{where} answered {len(body)} bytes that are not whole JSON; nothing of it is used, fetch again later") from None
    cube = read_cube(data, where=where)
    got = {d.id: d.codes for d in cube.dimensions}
    if set(got) != set(piece):
        odd = sorted(set(got) ^ set(piece))[0]
        raise SourceError(f"{where} answered with the variables {', '.join(got)}, asked for {', '.join(piece)} (first odd: {odd}); nothing of it is used")
    for variable, codes in piece.items():
        if set(got[variable]) != set(codes):
            lacks, more = sorted(set(codes) - set(got[variable])), sorted(set(got[variable]) - set(codes))
            told = f"lacks {variable} {lacks[0]}" if lacks else f"has {variable} {more[0]}, which was not asked for"
            raise SourceError(f"{where} {told} ({len(got[variable])} codes for {len(codes)}); nothing of it is used, fetch again later")
    return cube


def _in_words(piece: Selection) -> str:
    said = (f"{v}={','.join(c)}" if len(c) <= _SHOWN else f"{v}=({len(c)} codes {c[0]}–{c[-1]})" for v, c in piece.items())
    return "; ".join(said)
