"""A rendered document is text that other template engines insert as it is."""

from __future__ import annotations

import jinja2
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html
from markupsafe import Markup, escape

from candidate_cards.rendering import Document

_HTML = Document('<p title="&quot;">a &amp; b</p>')


def test_other_engines_insert_it_unescaped() -> None:
    """Jinja2 with escaping on, and whatever asks ``__html__``, take the markup as it is."""
    environment = jinja2.Environment(autoescape=True)
    assert environment.from_string("<b>{{ it }}</b>").render(it=_HTML) == f"<b>{_HTML}</b>"
    assert escape(_HTML) == _HTML
    assert _HTML.__html__() == str(_HTML)


def test_it_is_text() -> None:
    """It can be joined, written and compared as any text can."""
    assert isinstance(_HTML, (str, Markup))
    assert f"{_HTML}\n".startswith("<p ")
    assert _HTML.encode() == str(_HTML).encode("utf-8")


def test_text_that_is_added_is_escaped() -> None:
    """Joining a document and a plain text cannot let markup in."""
    assert f"{_HTML}&lt;i&gt;" == _HTML + "<i>"


@settings(deadline=None)
@given(st.text().filter(str.isprintable))
def test_a_notebook_shows_it_in_a_sandbox(text: str) -> None:
    """The notebook's markup is one frame that may run nothing and holds exactly the document."""
    frame = lxml_html.fragment_fromstring(Document(text)._repr_html_())
    assert frame.tag == "iframe"
    assert frame.get("srcdoc") == text
    allowed = frame.get("sandbox").split()
    assert not {"allow-scripts", "allow-same-origin", "allow-top-navigation"} & set(allowed)
    assert len(frame) == 0
