"""Styles resolved once, when compiling, equal premailer's on each finished document.

Both documents come from the same templates: one compiled with styles resolved, one with classes and
handed to premailer after rendering. They are compared element by element: names, attributes, texts
and declarations.
"""

from __future__ import annotations

import logging
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree
from premailer import Premailer
from premailer.merge_style import csstext_to_pairs

from candidate_cards.cards import (
    DEFAULT_LABELS,
    USUAL_NOTICE,
    CardView,
    Density,
    card_view,
    notice_of,
    notice_view,
    single_view,
)
from candidate_cards.exports import get_exporter
from candidate_cards.models import Candidate
from candidate_cards.rendering import (
    CompiledTemplate,
    TemplateFolder,
    TemplateSpec,
    compile_template,
)
from candidate_cards.rendering.stylesheets import stylesheet_text
from candidate_cards.themes import Theme, load_theme

if TYPE_CHECKING:
    from collections.abc import Iterator

DENSITIES: tuple[Density, ...] = get_args(Density)
THEMES = ("dark", "light")
SPEC = get_exporter("fragment").template
_A_DOCUMENT, _DOCUMENTS = 8, 40

# Text as it comes: with markup, quotes, entities, delimiters, other scripts and nothing at all.
words = st.text(st.characters(exclude_categories=["C"]), max_size=12) | st.sampled_from(
    (
        *("Ada Example", "<b>&amp;</b>", 'O\'Neil "Bo"', "{{ 7 }} ${x} [[y]] {% z %}", "{", "]]>"),
        *("שלום", "李明", "jinja0x", 'class="cc-card"', "style=color:red", "</div>", "a. " * 150),
    )
)
lists = st.lists(words, max_size=11)
_optional: dict[str, st.SearchStrategy[object]] = {
    "name": words,
    "linkedinUrl": st.sampled_from(
        ("https://www.linkedin.com/in/ada", "https://www.linkedin.com/in/josé?a=1&b=2", "http://x")
    ),
    "matchScore": st.none() | st.integers(0, 100),
    "skills": lists,
    "headline": words,
    "location": words,
    "currentCompany": words,
    "currentRole": words,
    "rationale": words,
    "aiFitPoints": lists,
    "aiRedFlags": lists,
    "aiDetailedRationale": st.lists(
        st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(("title", "company", "duration", "relevanceExplanation"), words),
        ),
        max_size=3,
    ),
    "detailedExperience": st.lists(
        st.fixed_dictionaries(
            {},
            optional={**dict.fromkeys(("role", "company", "duration"), words), "highlights": lists},
        ),
        max_size=3,
    ),
    "emails": st.lists(
        st.sampled_from(("ada@example.test", "a+b&c@example.test", "ada")), max_size=3
    ),
}
candidates = st.fixed_dictionaries({"profileId": st.just("p")}, optional=_optional).map(
    Candidate.model_validate
)


@cache
def _resolved(theme: str, density: Density) -> CompiledTemplate:
    return compile_template(SPEC, load_theme(theme), _constants(density))


@cache
def _with_classes(theme: str, density: Density) -> CompiledTemplate:
    spec = TemplateSpec(SPEC.template, embedded=SPEC.embedded)
    return compile_template(spec, load_theme(theme), _constants(density))


def _constants(density: Density) -> dict[str, object]:
    return {
        "density": density,
        "embedded": True,
        "labels": DEFAULT_LABELS,
        "usual": notice_view(USUAL_NOTICE, DEFAULT_LABELS, False, False),  # noqa: FBT003  neither
        "heading": 2,
        "subheading": 3,
    }


def _values(views: list[CardView]) -> dict[str, object]:
    """Return what a fragment is rendered with; the notice of several stands behind the last."""
    frame = single_view(views[0])._replace(heading="Role" if len(views) > 1 else "")
    return {
        "shortlist": frame,
        "cards": views,
        "notice": notice_of(views, USUAL_NOTICE, DEFAULT_LABELS),
    }


def _tokens(theme: Theme) -> dict[str, str]:
    of_labels = {"direction": DEFAULT_LABELS.dir, "start": "left"}
    return {**theme.tokens, "color-scheme": theme.color_scheme, **of_labels}


@cache
def _css(theme: str) -> str:
    """Return the sheets of the format as CSS, with a theme's values."""
    tokens = _tokens(load_theme(theme))
    return "".join(
        stylesheet_text(TemplateFolder().read(name), tokens, name) for name in SPEC.inline
    )


def _parsed(html: str) -> Any:  # noqa: ANN401  lxml has no types
    return etree.fromstring(f"<html><body>{html}</body></html>", etree.HTMLParser())


def _by_premailer(html: str, theme: str) -> Any:  # noqa: ANN401  lxml has no types
    tree = _parsed(html)
    Premailer(
        css_text=[_css(theme)],
        disable_validation=True,
        disable_leftover_css=True,
        strip_important=False,
        allow_network=False,
        disable_link_rewrites=True,
        include_star_selectors=True,
        align_floating_images=False,
        capitalize_float_margin=False,
        remove_classes=True,
        cssutils_logging_level=logging.CRITICAL,
        disable_basic_attributes=["width", "height", "bgcolor", "align", "valign"],
    ).transform(tree)
    return tree


@cache
def _declarations(style: str) -> dict[str, str]:
    """Return a style as properties with their values, in order.

    Both sides are read by the parser that premailer uses, which writes some values in another way
    (``#ffffff`` as ``#FFF``); the template keeps the words of the sheet.
    """
    return dict(csstext_to_pairs(style, validate=False)) if style else {}


def _elements(tree: Any, reset: str) -> Iterator[tuple[object, ...]]:  # noqa: ANN401  lxml has no types
    """Yield all that is compared: each element and comment, and what it holds."""
    for node in tree.iter():
        # Inline formats begin each style with a reset, which is not part of the sheet.
        declarations = _declarations((node.get("style") or "").removeprefix(reset).lstrip(";"))
        attributes = {name: value for name, value in node.items() if name != "style"}
        yield node.tag, attributes, declarations, _pairs(declarations), node.text, node.tail


def _pairs(declarations: dict[str, str]) -> set[tuple[str, str]]:
    """Return each property that stands before one that is a part of it, or the other way round.

    Only there does the order of declarations mean anything: premailer keeps the place that a
    property had first, the template the one that it had last.
    """
    return {
        (one, other)
        for one, other in combinations(declarations, 2)
        if "all" in {one, other} or one.startswith(f"{other}-") or other.startswith(f"{one}-")
    }


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("theme", THEMES)
@settings(
    max_examples=_DOCUMENTS,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],  # the difference names its element; a smaller document says no more
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(people=st.lists(candidates, min_size=_A_DOCUMENT, max_size=_A_DOCUMENT))
def test_resolved_once_equals_premailer_on_the_finished_document(
    theme: str, density: Density, people: list[Candidate]
) -> None:
    """Every element of 320 fuzzed candidates has what premailer gives it in its own document."""
    views = [card_view(person, density=density) for person in people]
    resolved = str(_resolved(theme, density).render(_values(views)))
    classes = str(_with_classes(theme, density).render(_values(views)))
    ours = list(_elements(_parsed(resolved), SPEC.reset))
    theirs = list(_elements(_by_premailer(classes, theme), ""))
    assert ours == theirs
    assert len(ours) > 8 * len(people)
    assert sum(bool(declarations) for _, _, declarations, *_ in ours) > 5 * len(people)


def test_enough_candidates_are_compared() -> None:
    """The comparison covers at least three hundred candidates in each look."""
    assert _A_DOCUMENT * _DOCUMENTS >= 300


@pytest.mark.parametrize("change", ["color: red", "margin-top: 1px", "x-new: 1"])
def test_the_comparison_can_tell_a_difference(monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    """One declaration more in premailer's sheet is found."""
    css = f"{_css('dark')}.cc-name{{{change}}}"
    view = card_view(Candidate.model_validate({"profileId": "p", "name": "Ada"}))
    classes = str(_with_classes("dark", "card").render(_values([view])))
    ours = list(
        _elements(_parsed(str(_resolved("dark", "card").render(_values([view])))), SPEC.reset)
    )
    assert ours == list(_elements(_by_premailer(classes, "dark"), ""))
    monkeypatch.setitem(_by_premailer.__globals__, "_css", lambda _: css)
    assert ours != list(_elements(_by_premailer(classes, "dark"), ""))
