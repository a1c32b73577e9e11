"""Boverket's catalogue of planning provisions: which letter means what, since when, in which colour.

The catalogue is open and comes as one flat file a release. A release is pinned by name: another one, or one
that says something else of a letter we know, is refused until somebody has looked at it. Until a release has
been fetched, the table ``layers/priors/zoning_codes.csv`` is the vocabulary; it says which of its colours are
Boverket's and which are ours.

Source: Boverket, Planbestämmelsekatalogen (https://api.boverket.se/planbestammelsekatalogen).
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from landplan.content import content_folder
from landplan.errors import LayerError, SourceError, join_faults
from landplan.layers.catalog import USE_LETTERS, USE_WORDS
from landplan.layers.sources.asking import Answer, Ask, Spool

if TYPE_CHECKING:
    import pandas as pd

    from landplan.layers.sources.web import Web

__all__ = ["RELEASE", "Provision", "Provisions", "describe", "fetch", "load_vocabulary", "read_provisions", "vocabulary"]

URL: Final = "https://api.boverket.se/planbestammelsekatalogen/release/full/platt/aktuell"
RELEASE: Final = "20251201"
SOURCE: Final = "Boverket, Planbestämmelsekatalogen"
COLUMNS: Final = ("code", "letter", "plan_form", "name_sv", "colour_name", "valid_from", "valid_to", "source")
# the first part of a code says the form: allmän plats, kvartersmark, vattenområde
FORMS: Final = {"AP": "allmän plats", "KM": "kvartersmark", "VO": "vattenområde"}
_CODE: Final = re.compile(r"DP_(AP|KM|VO)_(.+)$")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Provision:
    """One provision of the catalogue.

    `letter` is the notation without its index (``R#`` is R), empty where the catalogue leaves it to the plan;
    `valid_to` is empty while the provision is recommended.
    """

    id: str
    code: str
    use: bool
    letter: str
    plan_form: str
    wording: str
    category: str = ""
    kind: str = ""
    colour_name: str = ""
    sense: str = ""
    valid_from: str = ""
    valid_to: str = ""


@dataclass(frozen=True)
class Provisions:
    """A release: provisions by their id and by their code."""

    release: str
    all: tuple[Provision, ...]
    _known: dict[str, Provision] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Index them; of two with one code the one in force is meant."""
        for one in sorted(self.all, key=lambda p: (not p.valid_to, p.valid_from)):
            self._known.update({key: one for key in (one.code, one.id.lower()) if key})

    def __len__(self) -> int:
        return len(self.all)

    def __iter__(self) -> Iterator[Provision]:
        return iter(self.all)

    def find(self, reference: str) -> Provision | None:
        """Return a provision by its id or its code; None when the release has none."""
        return self._known.get(reference) or self._known.get(reference.lower())


def form_of(code: str) -> str:
    """Return the plan form that a code begins with; empty for other codes.

    Examples
    --------
    >>> form_of("DP_KM_J2"), form_of("DP_AP_Eg_Rivningsforbud")
    ('kvartersmark', 'allmän plats')
    """
    match = _CODE.match(code)
    return FORMS[match[1]] if match else ""


def clean_letter(notation: str | None) -> str:
    """Return a notation without its index: ``B#``, ``B1`` and ``B₁`` are B; a placeholder is empty.

    Examples
    --------
    >>> clean_letter("R#"), clean_letter("GATA1"), clean_letter("[beteckning:text]#")
    ('R', 'GATA', '')
    """
    text = (notation or "").strip()
    return "" if "[" in text or text == "-" else re.sub(r"[#$\d₀-₉]+$", "", text).strip()


def read_provisions(source: Path | bytes | Mapping[str, Any], *, release: str = RELEASE) -> Provisions:
    """Read a flat release of the catalogue.

    Parameters
    ----------
    source : Path, bytes or mapping
        ``release/full/platt/…`` as it was fetched.
    release : str
        The release that is expected, by its name.

    Returns
    -------
    Provisions

    Raises
    ------
    SourceError
        If it is another release, or its rows do not fit together.
    """
    where = str(source) if isinstance(source, Path) else URL
    data: Any = source
    if not isinstance(source, Mapping):
        try:
            data = json.loads(source if isinstance(source, bytes) else source.read_bytes())
        except (ValueError, OSError) as exc:
            raise SourceError(f"{where} is no whole JSON ({exc}); fetch the catalogue again") from None
    rows = data.get("bestammelser") if isinstance(data, Mapping) else None
    if not isinstance(rows, list) or not rows:
        raise SourceError(f"{where} has no provisions (bestammelser); is it the flat form, release/full/platt?")
    name = str(data.get("namn", ""))
    if name != release:
        raise SourceError(
            f"{where} is release {name or 'without a name'} of Planbestämmelsekatalogen, expected {release}; read Boverket's list of "
            f'news, then pin it in the plan: [sources.<id>] release = "{name}"'
        )
    found, faults = [], []
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, 1):
        try:
            one = _provision(row)
        except (KeyError, TypeError, AttributeError, ValueError) as exc:
            faults.append(f"row {number}: {exc}")
            continue
        if one.id in seen:
            faults.append(f"row {number}: id {one.id} is that of row {seen[one.id]} too")
        seen[one.id] = number
        said = form_of(one.code)
        if said and one.plan_form in FORMS.values() and said != one.plan_form:
            faults.append(f"row {number}: code {one.code} says {said}, its form says {one.plan_form}")
        found.append(one)
    if faults:
        raise SourceError(join_faults(f"{where}: {len(faults)} faults in the catalogue; report them to Boverket", faults))
    return Provisions(name, tuple(found))


def _provision(row: Mapping[str, Any]) -> Provision:
    code = str(row.get("bestammelsekod") or "")
    return Provision(
        id=str(row["id"]), code=code, use=str(row["bestammelsetyp"]) == "Användningsbestämmelse",
        letter=clean_letter(row.get("beteckning")), plan_form=str(row.get("anvandningsform") or form_of(code)).lower(),
        wording=str(row.get("bestammelseformulering") or ""), category=str(row.get("kategori") or ""),
        kind=str(row.get("anvandningsslag") or ""), colour_name=str(row.get("farg") or ""),
        # not a closed list: "MIn" and "00" occur, so it is carried and decides nothing
        sense=str(row.get("uttrycktvarde") or ""),
        valid_from=_day(row.get("borjargalla")), valid_to=_day(row.get("slutargalla")),
    )


def _day(text: Any) -> str:
    if not text:
        return ""
    match = _DATE.match(str(text))
    if not match:
        raise ValueError(f"{text!r} is no date")
    return match[0]


def vocabulary(release_json: Path | bytes | Mapping[str, Any], *, release: str = RELEASE) -> pd.DataFrame:
    """Return the uses of a release: one row a provision that has a letter or a word.

    Parameters
    ----------
    release_json : Path, bytes or mapping
    release : str
        The pinned release.

    Returns
    -------
    pandas.DataFrame
        code, letter, plan_form, name_sv, colour_name, valid_from, valid_to (ISO dates, empty while it holds), source.
    """
    import pandas as pd

    found = read_provisions(release_json, release=release)
    rows = [
        (p.code, p.letter, p.plan_form, p.wording, p.colour_name, p.valid_from, p.valid_to, f"{SOURCE}, {found.release}")
        for p in found if p.use and p.letter
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def load_vocabulary(fetched: Path | None = None, *, release: str = RELEASE) -> pd.DataFrame:
    """Return the vocabulary of uses: one row a letter or word.

    Parameters
    ----------
    fetched : Path, optional
        A release that was fetched; without one the table that ships is the vocabulary.
    release : str
        The pinned release.

    Returns
    -------
    pandas.DataFrame
        The columns of `vocabulary`, then ``colour_source`` ("Boverket" or "ours"), ``rgb`` and ``hex`` (a renderer's
        choice for the colour's name: Boverket gives names alone).

    Raises
    ------
    LayerError
        If the release says another form, name or colour of a letter than the table that ships; a colour of ours is
        replaced, not defended.

    Examples
    --------
    >>> words = load_vocabulary().set_index("letter")
    >>> words.loc["J", ["plan_form", "name_sv", "colour_source"]].tolist()
    ['kvartersmark', 'Industri', 'Boverket']
    """
    import pandas as pd

    path = content_folder("layers") / "priors" / "zoning_codes.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        shipped = list(csv.DictReader(lines))
    rows = []
    for row in shipped:
        rows.append({
            "code": "", "letter": row["code"], "plan_form": row["plan_form"], "name_sv": row["name_sv"],
            "colour_name": row["boverket_colour_name"], "valid_from": "", "valid_to": "", "source": "layers/priors/zoning_codes.csv",
            "colour_source": row["colour_source"], "rgb": row["rgb_rita_detaljplan"], "hex": row["hex_ngp_downloader"],
        })
    if fetched is not None:
        _compare(rows, read_provisions(fetched, release=release), fetched)
    return pd.DataFrame(rows, columns=[*COLUMNS, "colour_source", "rgb", "hex"])


def _compare(rows: list[dict[str, str]], found: Provisions, where: Path) -> None:
    """Take over what the release says of each letter; collect where it contradicts us."""
    faults = []
    for row in rows:
        letter = row["letter"]
        current = [p for p in found if p.use and p.letter == letter and not p.valid_to]
        ended = [p for p in found if p.use and p.letter == letter and p.valid_to]
        if "older" in row["name_sv"]:
            # a letter of older plans must have ended
            if current:
                faults.append(f"{letter}: is in force ({current[0].code}), we hold it for a letter of older plans")
            elif ended:
                row |= {"valid_from": min(p.valid_from for p in ended), "valid_to": max(p.valid_to for p in ended)}
            continue
        if not current:
            faults.append(f"{letter}: no provision in force, we have {row['name_sv']}")
            continue
        names = {n.casefold() for p in current for n in (p.wording, p.category, p.kind) if n}
        if row["name_sv"].casefold() not in names:
            faults.append(f"{letter}: means {current[0].category or current[0].wording}, we have {row['name_sv']}")
        if odd := sorted({p.plan_form for p in current} - {row["plan_form"]}):
            faults.append(f"{letter}: is {odd[0]}, we have {row['plan_form']}")
        colours = {p.colour_name for p in current if p.colour_name}
        if row["colour_source"] == "Boverket" and colours and row["colour_name"] not in colours:
            faults.append(f"{letter}: is {sorted(colours)[0]}, we have {row['colour_name']}")
        main = min(current, key=lambda p: (p.wording.casefold() != row["name_sv"].casefold(), len(p.code)))
        row |= {"code": main.code, "valid_from": main.valid_from, "source": f"{SOURCE}, {found.release}"}
        if main.colour_name:
            row |= {"colour_name": main.colour_name, "colour_source": "Boverket"}
    letters = {row["letter"] for row in rows}
    new = sorted({p.letter for p in found if p.use and not p.valid_to and p.letter in (*USE_LETTERS, *USE_WORDS)} - letters)
    faults += [f"{letter}: is not in our table" for letter in new]
    if faults:
        raise LayerError(join_faults(
            f"{where} (release {found.release}) disagrees with layers/priors/zoning_codes.csv on {len(faults)} counts; "
            "read both and correct the one that is wrong", faults,
        ))


def describe(ask: Ask) -> tuple[str, ...]:
    """Return the address that would be asked; nothing is sent."""
    return (ask.text("url", URL),)


def fetch(ask: Ask, web: Web, spool: Spool, progress: Callable[[int, int | None], None] | None = None) -> Answer:
    """Fetch the pinned release and return the vocabulary of letters that it makes.

    Parameters
    ----------
    ask : Ask
        Options: ``url``, ``release`` (default the one this version of landplan was checked with).
    web : Web
    spool : Spool
        Keeps the release as it came.
    progress : callable, optional

    Returns
    -------
    Answer
        `frame` as `load_vocabulary` gives it; the release does not say how many rows it has, so `counted` is None.
    """
    url, release = ask.text("url", URL), ask.text("release", RELEASE)
    spool.start(f"{url} {release}")
    body = spool.page("release", lambda: web.get(url, expect="json").body)
    path = spool.folder / "release.json"
    path.write_bytes(body)
    try:
        frame = load_vocabulary(path, release=release)
    except (SourceError, LayerError):
        # what is wrong today must be asked for anew
        spool.clear()
        raise
    if progress:
        progress(len(frame), len(frame))
    return Answer(frame, queries=(url,), date=f"{release[:4]}-{release[4:6]}-{release[6:8]}")
