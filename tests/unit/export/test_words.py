import re
from string import Formatter

import pytest

from landplan.export import templates, words

FORBIDDEN = (
    "suitability", "ledger", "scenario patch", "zonering", "zonplan", "upptagningsområde", "kompetensförsörjning",
    "msek", "isokron", "p5", "commission", "omission",
)  # fmt: skip
ENGLISH = ("the", "layer", "map", "legend", "score", "site", "not", "of", "and", "show", "source", "table", "print", "close")


@pytest.mark.parametrize("key", sorted(words.WORDS))
def test_swedish_is_swedish(key):
    text = words.WORDS[key]
    assert text.sv.strip()
    assert text.en.strip()
    lower = text.sv.lower()
    assert not [w for w in FORBIDDEN if w in lower]
    spoken = set(re.findall(r"[a-zåäö]+", re.sub(r"\{\w+\}", "", lower)))
    assert not spoken & set(ENGLISH)


@pytest.mark.parametrize("key", sorted(words.WORDS))
def test_both_languages_have_the_same_places(key):
    text = words.WORDS[key]
    places = [sorted(name for _, name, _, _ in Formatter().parse(t) if name) for t in (text.sv, text.en)]
    assert places[0] == places[1]


@pytest.mark.parametrize("frame", ["webmap.html", "report.html"])
def test_pages_have_no_words_of_their_own(frame):
    text = re.sub(r"\{[{%#].*?[}%#]\}", " ", templates.asset(frame), flags=re.S)
    text = re.sub(r"<style>.*?</style>|<[^>]*>|&\w+;", " ", text, flags=re.S)
    assert re.findall(r"[A-Za-zÅÄÖåäö]{2,}", text) == []


def test_the_script_has_no_words_of_its_own():
    script = templates.asset("webmap.js")
    asked = set(re.findall(r"words\.(\w+)", script))
    from landplan.export.webmap import _script_words

    assert asked <= set(_script_words("sv"))
    assert not re.search(r"textContent = \"[A-Za-z]", script)
    assert "innerHTML" not in script
    assert "insertAdjacentHTML" not in script


def test_banner_and_reasons():
    assert words.banner("en").startswith("DEMONSTRATION DATA")
    assert words.reason_text("no_service", "sv") == "ingen trafik"
    assert words.reason_text("något annat", "sv") == "något annat"
