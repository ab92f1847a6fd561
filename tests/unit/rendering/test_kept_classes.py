"""Documents whose style element refers to elements that carry their styles themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from candidate_cards import RenderingError, load_theme
from candidate_cards.cards import DEFAULT_LABELS
from candidate_cards.rendering import TemplateSpec, compile_template
from candidate_cards.rendering.stylesheets import class_names
from scratch_templates import VALUES, write_folder

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{{ card.name }}</title>
<!--[if mso]><style>td{color:{{ theme.tokens["color-text"] }}}</style><![endif]-->
<style>{{ stylesheet }}</style>
</head>
<body class="body">
<table width="100%"><tr><td class="quiet loud cell tone--{{ card.tone }}">{{ card.title }}</td></tr>
{% for item in card.items %}
<tr><td class="cell">{{ item }}</td></tr>
{% endfor %}
</table>
</body>
</html>
"""
HEAD = (
    "@media (prefers-color-scheme: dark) { .quiet { color: #fff !important } }\n"
    "[data-ogsc] .tone--good, p.far > .body { color: #eee }\n"
)
INLINE = (
    "body { margin: 0 } .body { color: var(--cc-color-text) } .cell { padding: 4px }\n"
    ".tone--good { color: green } .tone--low { color: red } .loud { font-weight: 700 }\n"
)


def render(folder: Path, html: str = DOCUMENT, *, keep: bool = True, tone: str = "good") -> str:
    """Compile a document and render it with the small view."""
    files = {"x/x.html": html, "x/head.css": HEAD, "x/inline.css": INLINE}
    spec = TemplateSpec(
        "x/x.html", stylesheets=("x/head.css",), inline=("x/inline.css",), keep_classes=keep
    )
    constants = {"density": "card", "labels": DEFAULT_LABELS, "heading": 2, "subheading": 3}
    template = compile_template(
        spec, load_theme("light"), constants, folder=write_folder(folder, files)
    )
    card = VALUES["card"]._replace(tone=tone)  # type: ignore[attr-defined]
    return str(template.render({"card": card}))


def test_class_names_are_found_wherever_they_stand() -> None:
    """In conditional rules, after attributes, beside element names; not in values or comments."""
    assert class_names(HEAD) == {"quiet", "tone--good", "far", "body"}
    assert class_names("/* .no */ p { width: .5px } @font-face { x: .no }") == frozenset()


@pytest.mark.parametrize("tone", ["good", "low"])
def test_a_class_that_the_head_names_stays_beside_the_style(tmp_path: Path, tone: str) -> None:
    """What the style element refers to stays, a field's class too; the others go."""
    html = render(tmp_path, tone=tone)
    (first,) = re.findall(r"<td [^>]*>Engineer", html)
    assert f'class="quiet tone--{tone}"' in first
    assert "font-weight:700" in first
    assert f"color:{'green' if tone == 'good' else 'red'}" in first
    assert '<td style="padding:4px">one</td>' in html
    assert '<body class="body" style="margin:0;color:#1e293b">' in html


def test_without_the_wish_no_class_stays(tmp_path: Path) -> None:
    """Other formats keep none, whatever their style element says."""
    assert "class=" not in render(tmp_path, keep=False)


def test_a_whole_document_keeps_its_frame(tmp_path: Path) -> None:
    """Doctype, head, comments for Word and body are there once, in order, with tokens filled in."""
    html = render(tmp_path)
    parts = ["<!DOCTYPE html>", "<html", "<head>", "<title>Ada</title>", "<!--[if mso]>"]
    parts += ["td{color:#1e293b}", "<![endif]-->", "<style>@media", "</head>", "<body", "</html>"]
    places = [html.index(part) for part in parts]
    assert places == sorted(places)
    assert [html.count(part) for part in parts] == [1] * len(parts)


def test_what_can_never_run_may_ask_for_what_a_theme_lacks(tmp_path: Path) -> None:
    """In a branch for themes with a logo, its fields may stand in any attribute."""
    part = '{% if theme.logo %}{% if theme.logo.email %}<img src="{{ theme.logo.email.data_uri }}"'
    part += ' width="{{ theme.logo.email.width }}" alt="">{% endif %}{% endif %}'
    html = render(tmp_path, DOCUMENT.replace("<table", part + "<table", 1))
    assert "<img" not in html


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("<body", '<body onload="{{ card.name }}"', 9, "onload"),
        ('width="100%"', 'width="{{ card.title }}"', 10, "width of <table> takes no data"),
        ('width="100%"', 'style="color:red"', 10, "style belongs into a style sheet"),
        ("<!--[if mso]>", "<!--[if mso]>{{ card.name }}", 6, "a comment takes no template tags"),
        ("</table>", "</table></p>", 14, "</p> closes nothing"),
    ],
)
def test_a_document_of_ones_own_gets_the_same_errors(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    """What a card's template may not do, a message's may not either; the error says where."""
    assert old in DOCUMENT
    with pytest.raises(RenderingError) as caught:
        render(tmp_path, DOCUMENT.replace(old, new, 1))
    assert (caught.value.template, caught.value.line) == ("x/x.html", line)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "expression",
    [
        "density and card.title",
        "labels and card.title",
        "density ~ card.title",
        "stylesheet and card.title",
        "(density, card.title)[1]",
        "theme.logo or card.title",
    ],
)
@pytest.mark.parametrize("attribute", ['<a href="{}">x</a>', '<img src="{}" alt="">'])
def test_a_constant_opens_no_way_for_data(tmp_path: Path, expression: str, attribute: str) -> None:
    """An expression that begins with a constant and goes on to data is data."""
    part = attribute.format(f"{{{{ {expression} }}}}")
    with pytest.raises(RenderingError, match="takes one view field"):
        render(tmp_path, DOCUMENT.replace("<table", part + "<table", 1))
