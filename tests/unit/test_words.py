"""The Swedish that users read: the glossary's words, no English in fixed text, the language's number form."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from landplan.layers import load_catalog
from landplan.style import Text

ROOT = Path(__file__).resolve().parents[2]

# GLOSSARY.md: terms that Swedish pages must not use, and English method words.
FORBIDDEN = [
    r"\bzonering\b", r"\bzonplan\b", r"\bupptagningsområde", r"\bMSEK\b", r"\brv ?\d", r"\bDESO\b", r"\bDeso\b",
    r"\bstadsdistrikt\b", r"\bbuffert", r"\bsuitability\b", r"\bledger\b", r"\bscenario patch\b", r"\bcommission\b", r"\bomission\b",
    r"\bscore\b", r"\bcatchment\b", r"\bisochrone\b", r"\bconstraint\b", r"\bcriterion\b", r"\bzoning\b", r"\bp5\b", r"\bp95\b",
]
ENGLISH = re.compile(
    r"\b(the|and|with|from|within|population|area|road|roads|site|sites|score|weight|minutes|layer|layers|source|licence|date|land|by)\b"
)
# Proper names and licences that stand in Swedish text as they are.
NAMES = ("Torsboda Industrial Park", "OpenStreetMap contributors", "CC BY", "GeoNames", "Natura", "COG", "JavaScript", "Edge", "GTFS", "Natural Earth")


def texts():
    from landplan.export import (
        comparison_words,
        factsheet_words,
        profile_words,
        report_words,
        sheet_words,
        table_words,
        words,
    )
    from landplan.run import wording

    facts = {f"fact_{key}": text for key, (text, _) in factsheet_words.FACTS.items()}
    values = {f"value_{key}": text for key, text in {**factsheet_words.VALUES, **factsheet_words.UNITS}.items()}
    for key, text in {**facts, **values, **factsheet_words.WORDS}.items():
        yield f"factsheet.{key}", text
    for key, text in {**words.WORDS, **words.REASONS, **sheet_words.SHEET_WORDS, **report_words.REPORT_WORDS, **table_words.TABLE_WORDS}.items():
        yield f"export.{key}", text
    for key, text in comparison_words.COMPARISON_WORDS.items():
        yield f"comparison.{key}", text
    for key, text in profile_words.PROFILE_WORDS.items():
        yield f"profile.{key}", text
    for key, text in wording.SENTENCES.items():
        yield f"run.{key}", text
    for definition in load_catalog().values():
        yield f"{definition.id}.title", definition.title
        yield f"{definition.id}.description", definition.description
        for spec in definition.fields:
            yield f"{definition.id}.{spec.name}", spec.alias
            for value, text in spec.values:
                yield f"{definition.id}.{spec.name}={value}", text
        for entry in definition.style.classes:
            yield f"{definition.id} legend {entry.value}", entry.label
    for path in sorted((ROOT / "analyses").rglob("*.toml")):
        yield from plan_texts(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))


def plan_texts(where, value):
    if isinstance(value, dict):
        if set(value) == {"sv", "en"}:
            yield where, Text(value["sv"], value["en"])
        else:
            for key, item in value.items():
                yield from plan_texts(f"{where}.{key}", item)
    elif isinstance(value, list):
        for item in value:
            yield from plan_texts(where, item)


def bare(text: str) -> str:
    for name in NAMES:
        text = text.replace(name, "")
    return re.sub(r"\{[a-z_0-9]+\}", "", text)


def test_there_is_a_text_to_test():
    assert len(list(texts())) > 500


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_swedish_uses_the_glossarys_words(pattern):
    bad = [f"{where}: {t.sv}" for where, t in texts() if re.search(pattern, bare(t.sv))]
    assert not bad


def test_no_english_word_stands_in_swedish_text():
    allowed = {"by"}  # also Swedish: village
    bad = [f"{where}: {t.sv}" for where, t in texts() if set(ENGLISH.findall(bare(t.sv).lower())) - allowed - {"land", "area"}]
    assert not bad


def test_both_languages_are_there_and_take_the_same_values():
    for where, text in texts():
        assert text.sv.strip(), where
        assert text.en.strip(), where
        assert set(re.findall(r"\{(\w+)\}", text.sv)) == set(re.findall(r"\{(\w+)\}", text.en)), where


def test_all_that_a_network_drops_or_assumes_has_swedish_words():
    from landplan.network.graph import SWEDISH

    said = set()
    for name in ("build", "elevation", "osm", "speeds", "tags", "turns", "ways"):
        source = (ROOT / "landplan" / "network" / f"{name}.py").read_text(encoding="utf-8")
        said |= set(re.findall(r"(?:dropped|assumed)\[f?\"([^\"]+)\"\]", source))
        for inner in re.findall(r"(?:dropped|assumed)(?:: dict\[str, int\])? = \{([^}]*)\}", source):
            said |= set(re.findall(r"\"([^\"]+)\":", inner))
    said |= {f"not for {mode}" for mode in ("car", "walk", "bike")}
    said.discard("not for {mode}")
    assert len(said) > 6
    assert said <= set(SWEDISH)


def test_names_are_not_shouted_or_titled():
    for where, text in texts():
        if ".title" in where and where.split(".")[0] in load_catalog():
            words = bare(text.sv).split()[1:]
            proper = {"Natura", "DeSO", "RegSO", "RH", "GTFS", "ÅDT"}
            assert not [w for w in words if w[:1].isupper() and w.strip("(),") not in proper], f"{where}: {text.sv}"


def test_numbers_are_written_the_swedish_way():
    from landplan.units import format_int, format_number, format_range, format_unit

    assert format_int(24515) == "24\u00a0515"
    assert format_number(3.5) == "3,5"
    assert format_number(-0.04) == "0,0"
    assert format_number(-1.5) == "\u22121,5"
    assert format_unit(150, "ha") == "150\u00a0ha"
    assert format_range(310, 470) == "310\u2013470"
    assert format_number(float("inf")) == format_number(float("nan")) == format_number(None) == ""
    assert format_number(24515.5, 1, language="en") == "24,515.5"
