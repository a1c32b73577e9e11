import re

import pytest
from small_atlas import PAYLOAD

from landplan.export import report
from landplan.export.items import DEMO_BANNER


@pytest.fixture(scope="module")
def html(atlas):
    return report.report_html(atlas)


def _text(html):
    import html as entities

    body = re.sub(r"<style>.*?</style>", "", html, flags=re.S)
    return " ".join(entities.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_it_opens_with_the_answer(html):
    text = _text(html)
    order = [text.index(t) for t in (
        "Öråker är bäst.", "Tre bästa lägena", "Plan mark nära väg 331.", "Osäkert", "Ej prövat mot",
        "Kontrollera själv", "Metod", "Industrimark", "Parametrar", "Programversioner",
    )]  # fmt: skip
    assert order == sorted(order)


def test_banner_on_screen_and_on_every_printed_page(html):
    assert html.count(f'role="note">{DEMO_BANNER.sv}') == 1
    assert re.search(r"@media print.*\.banner \{ position: fixed", html, flags=re.S)


def test_checks_stand_side_by_side(html):
    text = _text(html)
    assert "Folkmängd 24 515 24 515 personer 2025-12-31 SCB inom gränsen" in text
    assert "Areal Uppgift saknas 72 ha plan ej jämfört" in text


def test_parameters_sources_and_warnings(html):
    text = _text(html)
    assert "weights.labour 0,6" in text
    assert "ab" * 32 in text
    assert "Lagret Tomt har inga objekt." in text
    assert "Skyddsobjekt, Hemlig tabell" in text


def test_no_script_and_no_address(html):
    assert "<script" not in html
    assert not re.search(r"(src|href)=\"(?!data:,)", html)
    assert PAYLOAD not in html
    assert "HEMLIGT" not in html


def test_english_and_plain(english, real_atlas):
    assert "Check for yourself" in report.report_html(english)
    plain = report.report_html(real_atlas)
    assert DEMO_BANNER.sv not in plain


def test_write(atlas, tmp_path):
    (path,) = report.write(atlas, tmp_path / "report.html")
    assert path.stat().st_size > 5000
