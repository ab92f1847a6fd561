"""Styles are resolved into start tags, exactly as the cascade of a browser would find them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from candidate_cards.cards import DENSITIES
from candidate_cards.cards.bands import Tone
from candidate_cards.errors import RenderingError
from candidate_cards.rendering import TemplateFolder
from scratch_templates import Part, compile_text, rendered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TONES: tuple[Tone, ...] = get_args(Tone)


class _Elements(HTMLParser):
    """Reads each start tag with its attributes; a repeated attribute counts once, as in HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(reversed(attrs))))


def _styles(html: str) -> list[str | None]:
    return [attributes.get("style") for _, attributes in _Elements(html).found]


def _shown(tmp_path: Path, html: str, css: str, *, reset: str = "", **values: object) -> str:
    return rendered(compile_text(tmp_path, html, css=css, reset=reset), **values)


def test_classes_become_styles(tmp_path: Path) -> None:
    """A class goes, its declarations come, and every other attribute and text stays."""
    shown = _shown(
        tmp_path,
        '<p class="a b" title="{{ card.name }}" dir=\'auto\'>{{ card.title }}</p>',
        ".a { color: var(--cc-color-text); } .b { margin: 0 1px; }",
    )
    assert shown == ('<p title="Ada" dir=\'auto\' style="color:#e2e8f0;margin:0 1px">Engineer</p>')


@pytest.mark.parametrize(
    "spelling",
    ['class="a" class="b"', 'class="a"', "class='a'", 'class = "a"', 'CLASS="a"', "class=a"],
)
def test_no_class_is_left(tmp_path: Path, spelling: str) -> None:
    """However a class attribute is spelled, the result has its style and not the class."""
    try:
        shown = _shown(tmp_path, f"<p {spelling}>x</p>", ".a { color: red }")
    except RenderingError as error:
        assert error.line == 1  # noqa: PT017  refusing the spelling is as good
        return
    assert _Elements(shown).found == [("p", {"style": "color:red"})]


def test_an_own_style_is_kept_or_refused(tmp_path: Path) -> None:
    """A style attribute of the template's own wins over its rules, or may not be there."""
    try:
        shown = _shown(tmp_path, '<p class="a" style="margin:0">x</p>', ".a{color:red;margin:1px}")
    except RenderingError:
        return
    (style,) = _styles(shown)
    assert style is not None
    assert style.split(";")[-1] == "margin:0"
    assert "color:red" in style
    assert shown.count("style=") == 1


def test_the_reset_comes_first_and_not_in_drawings(tmp_path: Path) -> None:
    """Each element starts from nothing, but for roots that say so themselves and SVG's inside."""
    shown = _shown(
        tmp_path,
        '<div class="root"><p>x</p><svg class="a"><path class="a" d="M0 0"/><g/></svg></div>',
        ".root { all: initial; margin: 0 } .a { color: red }",
        reset="all:unset",
    )
    assert _styles(shown) == [
        "all:initial;margin:0",
        "all:unset",
        "all:unset;color:red",
        "color:red",
        None,
    ]


@pytest.mark.parametrize("tone", TONES)
def test_a_class_with_a_field_follows_the_data(tmp_path: Path, tone: Tone) -> None:
    """A class name with a field of known values gives each value its own style, children too."""
    css = "".join(f".t-{name} {{ width: {n}px }}" for n, name in enumerate(TONES))
    css += ".t-low p { color: red } .t-good > p { color: blue } p { color: black }"
    html = '<div class="t-{{ card.tone }} t"><p>x</p><div><p>y</p></div></div>'
    shown = _shown(tmp_path, html, css, card=Part(tone=tone))
    first = {"low": "red", "good": "blue"}.get(tone, "black")
    second = {"low": "red"}.get(tone, "black")
    assert _styles(shown) == [
        f"width:{TONES.index(tone)}px",
        f"color:{first}",
        None,
        f"color:{second}",
    ]


def test_two_fields_in_one_cascade_are_right_or_refused(tmp_path: Path) -> None:
    """A style that hangs on two fields together is what the cascade says, or does not compile."""
    html = (
        '{% for other in cards %}<div class="t-{{ card.tone }}"><p class="t-{{ other.tone }}">x</p>'
        "</div>{% endfor %}"
    )
    css = ".t-good .t-low { color: green } .t-low { color: red }"
    try:
        template = compile_text(tmp_path, html, css=css)
    except RenderingError:
        return
    shown = rendered(template, card=Part(tone="good"), cards=(Part(tone="low"),))
    assert _styles(shown)[1] == "color:green"


_LONG_AFTER_SHORT = {
    "long-short-long": (".a{margin-top:4px} .b{margin:0} .c{margin-top:8px}", "margin-top", "8px"),
    "short-long-short": (".a{margin:4px} .b{margin-top:1px} .c{margin:8px}", "margin-top", "8px"),
    "side-of-a-border": (
        ".a{border-top:1px solid red} .b{border:0} .c{border-top:2px solid blue}",
        "border-top",
        "2px solid blue",
    ),
    "color-of-a-border": (
        ".a{border-color:red} .b{border:1px solid blue} .c{border-color:lime}",
        "border-color",
        "lime",
    ),
    "logical-side": (
        ".a{padding-inline-start:1px} .b{padding:2px} .c{padding-inline-start:3px}",
        "padding-inline-start",
        "3px",
    ),
    "everything": (".a{color:red} .b{all:initial} .c{color:blue}", "color", "blue"),
}


@pytest.mark.parametrize("case", _LONG_AFTER_SHORT)
def test_the_last_declaration_wins_over_shorthands(tmp_path: Path, case: str) -> None:
    """Where rules set a property and its shorthand in turn, the last one counts or none compiles.

    Why: premailer overwrites a declaration in the place that it had first.
    """
    css, name, value = _LONG_AFTER_SHORT[case]
    try:
        shown = _shown(tmp_path, '<p class="a b c">x</p>', css)
    except RenderingError:
        return
    (style,) = _styles(shown)
    last = [
        part.partition(":")[2]
        for part in (style or "").split(";")
        if name.startswith(part.partition(":")[0]) or part.startswith("all:")
    ][-1]
    assert last == value


_DECLARATIONS = (
    *("color:rgb(1 2 3 / 50%)", "color:#abcdef", "color:color-mix(in srgb,red,blue)"),
    *("width:min(100%,20px)", "width:calc(1px + 2%)", "width:clamp(1px,2%,3px)", "inset:0"),
    *("grid-template-areas:'a b'", "aspect-ratio:1/1", "font-family:Noto Sans,serif"),
    *("transform:rotate(-90deg)", "-webkit-text-fill-color:transparent", "outline:revert"),
    *("background:linear-gradient(90deg,#123456,#234567) text", "clip-path:inset(50%)"),
    *("font-variation-settings:'wght' 400", "color:oklch(0.5 0.1 250)", 'content:"O\'Neil"'),
    *("transition:color 0.2s cubic-bezier(0,0,1,1)", "margin:-1px auto 0 1.5em"),
)


@pytest.mark.parametrize("declaration", _DECLARATIONS)
def test_no_declaration_is_lost(tmp_path: Path, declaration: str) -> None:
    """What the sheet says arrives in the attribute as it is, or the sheet does not compile."""
    try:
        shown = _shown(tmp_path, '<p class="a">x</p>', f".a {{ {declaration} }}")
    except RenderingError:
        return
    (style,) = _styles(shown)
    assert re.sub(r"\s|(?<=[:( ,])0(?=\.)", "", style or "") == re.sub(
        r"\s|(?<=[:( ,])0(?=\.)", "", declaration
    )


@pytest.mark.parametrize(
    "css", [".a{display:-webkit-box;display:flex}", ".a{color:red;color:blue}"]
)
def test_a_declaration_and_its_older_form_both_stay_or_are_refused(
    tmp_path: Path, css: str
) -> None:
    """Two values of one property, the older for readers that lack the newer, are not made one."""
    try:
        shown = _shown(tmp_path, '<p class="a">x</p>', css)
    except RenderingError:
        return
    assert _styles(shown) == [css[3:-1]]


@pytest.mark.parametrize("text", ["jinja0x", "x jinja1x y", "{{ 'jinja0x' }}"])
def test_no_text_of_a_template_is_taken_for_something_else(tmp_path: Path, text: str) -> None:
    """Words in a template that look like those which stand in for its tags stay words."""
    shown = _shown(tmp_path, f"<p>{text}</p><p>{{{{ card.name }}}}</p>", ".a{color:red}")
    plain = text.strip("{}' ")
    assert shown == f"<p>{plain}</p><p>Ada</p>"


@pytest.mark.parametrize(
    "html",
    [
        "<p>a<span\n  class='a'\n>b</span></p>",
        '<p\nclass="a">a<b\nclass="a">b</b></p>',
        '<p>a<span\ntitle="{{\ncard.name\n}}" class="a">b</span></p>',
    ],
)
def test_lines_and_words_stay_where_they_are(tmp_path: Path, html: str) -> None:
    """A start tag over several lines keeps later lines in place and adds no space to the text."""
    template = compile_text(tmp_path, f"{html}\n{{{{ card.nope }}}}", css=".a { color: red }")
    with pytest.raises(RenderingError) as caught:
        rendered(template)
    assert caught.value.line == html.count("\n") + 2
    shown = _shown(tmp_path, html, ".a { color: red }")
    assert re.sub("<[^>]*>", "", shown) == "ab"


@pytest.mark.parametrize("before", ["", '<p class="a">x</p>', '<br class="a">'])
def test_inside_a_template_element_classes_stay(tmp_path: Path, before: str) -> None:
    """Below a shadow root the style element governs; its host is left alone, the rest is not."""
    shown = _shown(
        tmp_path,
        f'<div dir="ltr">{before}<template><p class="a">y</p></template><p class="a">z</p></div>',
        ".a { color: red }",
        reset="all:unset",
    )
    styled = before.replace('class="a"', 'style="all:unset;color:red"')
    assert shown == (
        f'<div dir="ltr">{styled}<template><p class="a">y</p></template>'
        '<p style="all:unset;color:red">z</p></div>'
    )


def test_a_branch_that_is_not_taken_does_not_matter(tmp_path: Path) -> None:
    """Elements of all branches stand side by side in the template; each has its own style."""
    html = (
        '{% if card.name %}<p class="a">x</p>{% elif card.title %}<p class="b">y</p>'
        '{% else %}<p class="a b">z</p>{% endif %}'
    )
    template = compile_text(tmp_path, html, css=".a { color: red } .b { margin: 0 }")
    shown = [
        rendered(template, card=Part(name=name, title=title))
        for name, title in (("x", ""), ("", "x"), ("", ""))
    ]
    assert shown == [
        '<p style="color:red">x</p>',
        '<p style="margin:0">y</p>',
        '<p style="color:red;margin:0">z</p>',
    ]


def test_an_element_that_the_reader_of_styles_moves_is_refused(tmp_path: Path) -> None:
    """Where HTML closes an element by itself, the cascade would see another tree than the page."""
    html = '<p class="a"><div class="b">x</div></p>'
    with pytest.raises(RenderingError):
        _shown(tmp_path, html, ".a .b { color: red }")


def test_only_void_elements_and_drawings_may_close_themselves(tmp_path: Path) -> None:
    """Browsers do not close ``<div/>``, so everything behind it would be inside."""
    assert _shown(tmp_path, "<p>a<br/><svg><path/></svg></p>", "")
    with pytest.raises(RenderingError):
        _shown(tmp_path, '<p>a</p><div class="a"/><p>b</p>', ".a { color: red }")


# Random sheets against a cascade written the plain way: for each element, the rules that match,
# by specificity and order, each property once.

_NAMES = ("a", "b", "c")
_compounds = st.builds(
    "{}{}".format,
    st.sampled_from(("", "p", "div")),
    st.lists(st.sampled_from(_NAMES), max_size=2).map(
        lambda names: "".join(f".{n}" for n in names)
    ),
).filter(bool)
_selectors = st.lists(
    st.tuples(st.sampled_from((" ", " > ")), _compounds), min_size=1, max_size=3
).map(lambda parts: "".join(combinator + compound for combinator, compound in parts).lstrip(" >"))
_sheet = st.lists(
    st.tuples(
        st.lists(_selectors, min_size=1, max_size=2).map(", ".join),
        # None of these is a shorthand of another.
        st.dictionaries(
            st.sampled_from(("color", "margin", "padding", "width")),
            st.integers(1, 9).map("{}px".format),
            min_size=1,
        ),
    ),
    min_size=1,
    max_size=6,
)
_elements = st.recursive(
    st.just(""),
    lambda inner: st.builds(
        '<{0} class="{1}">{2}</{0}>{3}'.format,
        st.just("div"),
        st.lists(st.sampled_from(_NAMES), max_size=3).map(" ".join),
        inner | st.just('<p class="a c">x</p>') | st.just('<p class="b">x</p><p>y</p>'),
        inner,
    ),
    max_leaves=5,
).filter(bool)


def _matches(selector: str, path: Sequence[tuple[str, frozenset[str]]]) -> bool:
    """Tell whether the last element of a path from the root is meant."""
    *ancestors, last = re.split(r"\s*>\s*|\s+", selector)
    combinators = [found.strip() for found in re.findall(r"\s*>\s*|\s+", selector)]
    name, *classes = last.split(".")
    if not path or (name and name != path[-1][0]) or not path[-1][1].issuperset(classes):
        return False
    if not ancestors:
        return True
    before = selector[: selector.rindex(last, len("".join(ancestors)))].rstrip(" >")
    ends = [len(path) - 1] if combinators[-1] == ">" else range(1, len(path))
    return any(_matches(before, path[:end]) for end in ends)


def _specificity(selector: str) -> tuple[int, int]:
    return selector.count("."), len(re.findall(r"(?:^|[\s>])[a-z]", selector))


class _Cascade(HTMLParser):
    """Computes the declarations of each element in turn."""

    def __init__(self, html: str, sheet: list[tuple[str, dict[str, str]]]) -> None:
        super().__init__()
        rules = [(one, said) for selectors, said in sheet for one in selectors.split(", ")]
        self._rules = sorted(rules, key=lambda rule: _specificity(rule[0]))
        self._path: list[tuple[str, frozenset[str]]] = []
        self.styles: list[dict[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._path.append((tag, frozenset((dict(attrs).get("class") or "").split())))
        style: dict[str, str] = {}
        for selector, declarations in self._rules:
            if _matches(selector, self._path):
                style |= declarations
        self.styles.append(style)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._path.pop()


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(html=_elements, sheet=_sheet)
@example(  # a rule that matches twice, with another in between
    html='<div class="a"><p class="a c">x</p></div>',
    sheet=[(".c, .a .a", {"color": "1px"}), (".a", {"color": "2px"})],
)
def test_any_sheet_gives_what_the_cascade_says(
    tmp_path: Path, html: str, sheet: list[tuple[str, dict[str, str]]]
) -> None:
    """Specificity, order, descendants and children count as they do in a browser."""
    css = "\n".join(
        f"{selector} {{ {';'.join(map(':'.join, declarations.items()))} }}"
        for selector, declarations in sheet
    )
    shown = _shown(tmp_path, html, css)
    styles = [
        dict(part.split(":") for part in style.split(";")) if style else {}
        for style in _styles(shown)
    ]
    assert styles == _Cascade(html, sheet).styles


def test_the_plain_cascade_can_tell_right_from_wrong() -> None:
    """The cascade that these tests compare with knows order, weight, parents and ancestors."""
    html = '<div class="a"><div class="b"><p class="c">x</p></div></div>'
    path = [("div", frozenset("a")), ("div", frozenset("b")), ("p", frozenset("c"))]
    assert [_matches(selector, path) for selector in (".a .c", ".a > .c", ".b > p.c", ".c .c")] == [
        *(True, False, True, False)
    ]
    sheet = [("p.c", {"color": "1"}), (".c", {"color": "2", "width": "3"}), ("p", {"width": "4"})]
    assert _Cascade(html, sheet).styles == [{}, {}, {"color": "1", "width": "3"}]


def test_densities_are_what_the_sheets_are_tested_with() -> None:
    """The bundled sheets name no density that the views lack."""
    named = set(re.findall(r"\.cc-card--(\w+)", TemplateFolder().read("card/card.css")))
    assert named
    assert named <= set(DENSITIES)
