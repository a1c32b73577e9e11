"""What a person reads on a run's pages: score cards, captions, layers and the figures a local can check."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One criterion of a score card as it is shown."""

    title: str
    value: str
    mark: str
    score: str
    weight: str
    contribution: str


@dataclass(frozen=True)
class Card:
    """One site's score card."""

    name: str
    sentence: str
    criteria: tuple[Line, ...]


def plain(markup: str) -> str:
    """Return the words of a piece of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def all_of(pattern: str, page: str) -> list[str]:
    """Return the words of each place where `pattern` stands."""
    return [plain(found) for found in re.findall(pattern, page, re.S)]


def cards_of(page: str) -> list[Card]:
    """Return a web map's score cards, best first."""
    out = []
    for article in re.findall(r'<article class="card" id="card-\d+".*?</article>', page, re.S):
        lines = []
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", re.split("<tbody[^>]*>", article)[1].split("</tbody>")[0], re.S):
            (head, value), (kind, mark) = *re.findall(r'<th scope="row">(.*?)<span class="value"[^>]*>(.*?)</span>', row, re.S), *re.findall(r'<span class="pill (\w+)"[^>]*>(.*?)</span>', row)
            assert plain(mark) == {"real": "verklig", "demo": "demo", "missing": "saknas"}[kind]
            score, weight, contribution = all_of(r'<td class="num"[^>]*>(.*?)</td>', row)
            lines.append(Line(plain(head), plain(value), kind, score, weight, contribution))
        (name,), (sentence,) = all_of(r"<h2[^>]*>(.*?)(?:<span|</h2>)", article), all_of(r'<p class="sentence">(.*?)</p>', article)
        out.append(Card(name, sentence, tuple(lines)))
    return out


def checks_of(report: str) -> list[dict[str, str]]:
    """Return the rows of a report's "Kontrollera själv" by the table's own headings."""
    chapter = re.search(r'<h2 id="checks">Kontrollera själv</h2>(.*?)<h2', report, re.S)
    if chapter is None:
        return []
    head, body = re.search(r"<thead>(.*?)</thead>\s*<tbody>(.*?)</tbody>", chapter[1], re.S).groups()
    names = all_of(r"<th[^>]*>(.*?)</th>", head)
    return [dict(zip(names, all_of(r"<t[hd][^>]*>(.*?)</t[hd]>", row), strict=True)) for row in re.findall(r"<tr>(.*?)</tr>", body, re.S)]


def config_of(page: str) -> dict:
    """Return a web map's settings: its layers, rasters, sites."""
    return json.loads(re.search(r'<script type="application/json" id="config">(.*?)</script>', page, re.S)[1])
