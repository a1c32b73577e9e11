"""The pages of the Swedish plans as people read them: no English sentence in what landplan itself says."""

from __future__ import annotations

import html
import re

import pytest

from landplan.cli import main

# Words that stand in an English sentence and in no Swedish one.
ENGLISH = re.compile(
    r"\b(the|and|with|within|population|roads?|sites?|score|weight|minutes|layers?|source|of|is|are|not|for|table|value|show|hide|"
    r"close|open|search|reset|features?|rows?|reprojected|dropped|edges|read|made|up|municipal|county)\b",
    re.IGNORECASE,
)
# A few are Swedish too, and one English word can be a name: two different ones in a line are a sentence.
ENOUGH = 2


def lines(text):
    """What a reader sees of a page, line by line: attributes that are read aloud too."""
    # the chapter of parameters repeats the plan file's own keys, both languages' titles among them
    text = re.sub(r'<h2 id="parameters">.*?</table>', "", text, flags=re.DOTALL)
    text = re.sub(r"<(script|style)\b.*?</\1>", "", text, flags=re.DOTALL)
    aloud = re.findall(r'(?:title|alt|aria-label|placeholder)="([^"]+)"', text)
    text = re.sub(r"</(p|td|th|li|h\d|div|tr|option|button|label|summary|figcaption)>", "\n", text)
    seen = html.unescape(re.sub(r"<[^>]+>", " ", text)).splitlines() + aloud
    return [re.sub(r"\s+", " ", line).strip() for line in seen if line.strip()]


def english(seen):
    # a source that a row of data states (an address and its words) is quoted as it stands
    own = [line for line in seen if not re.search(r"\b\w+\.se;", line)]
    return sorted({line for line in own if len({w.lower() for w in ENGLISH.findall(line)}) >= ENOUGH})


def test_the_rule_sees_english():
    assert english(["roads: 12 of 30 rows meet the plan's filter", "Tre bästa lägena"]) == ["roads: 12 of 30 rows meet the plan's filter"]


def test_torsbodas_pages_are_swedish(torsboda):
    pages = [*torsboda.glob("*.html"), *torsboda.glob("maps/*.html")]
    # the report and a map for each of the nine teams
    assert len(pages) == 10
    for page in pages:
        seen = lines(page.read_text(encoding="utf-8"))
        assert len(seen) > 30, page.name
        assert not english(seen), page.name


@pytest.mark.parametrize("team", ["industrial-land", "housing", "infrastructure"])
def test_torsbodas_maps_are_swedish_once_their_script_has_run(torsboda, browser, team):
    (page,) = torsboda.glob(f"maps/*{team}.html")
    browser.get(page.as_uri())
    browser.implicitly_wait(10)
    seen = browser.execute_script("return document.body.innerText").splitlines()
    assert len(seen) > 20
    assert not english(seen)


@pytest.mark.parametrize(
    ("plan", "said", "count"),
    [("ostersund", ("Verksamhetsområde Torvalla (scenario)", "Östersund behöver", "Klimatneutralt 2040"), 10), ("haparanda", ("Klockan i Sverige", "Framskrivningen för Haparanda"), 2)],
)
def test_the_other_plans_run_from_start_to_end_and_their_pages_are_swedish(plan, said, count, tmp_path, capsys):
    # a village and two languages say what fifteen and three do
    few = ["--set", 'export.papers=["A4"]']
    few += ["--set", 'villages.names=["Kukkola"]', "--set", 'villages.languages=["sv", "fi"]'] if plan == "haparanda" else []
    assert main(["run", plan, "--out", str(tmp_path), *few]) == 0
    capsys.readouterr()
    run = tmp_path / plan
    pages = [*run.glob("*.html"), *run.glob("maps/*.html")]
    assert len(pages) == count
    seen = {page: lines(page.read_text(encoding="utf-8")) for page in pages}
    for page, rows in seen.items():
        assert len(rows) > 30, page.name
        assert not english(rows), page.name
    for words in said:
        assert any(words in row for rows in seen.values() for row in rows), words
    assert len([*run.glob("profiles/*.pdf")]) == (2 if plan == "haparanda" else 0)
    assert [*run.glob("*.gpkg")]
    assert [*run.glob("*.qgz")]
    assert [*run.glob("sheets/*.pdf")]
    assert [*run.glob("tables/*.xlsx")]
