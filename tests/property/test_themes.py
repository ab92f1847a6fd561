"""Themes under made-up values: what passes is inert, what is suggested passes."""

from __future__ import annotations

import contextlib
import json
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tinycss2
from coloraide import Color
from hypothesis import example, given, settings
from hypothesis import strategies as st

from candidate_cards._contrast import PAIRS, check_contrast, contrast
from candidate_cards._design_tokens import parse_token_file
from candidate_cards._logo import recognise
from candidate_cards._token_values import VOCABULARY, is_canonical, parse_value
from candidate_cards.errors import InputError
from candidate_cards.themes import load_theme

if TYPE_CHECKING:
    from candidate_cards._token_values import Kind

FORBIDDEN = set(";{}()<>@\"'\\") | {chr(code) for code in [*range(32), *range(127, 160)]}

FRAGMENTS = [
    *(
        "red",
        "#0f172a",
        "#fff",
        "rgb(",
        "hsl(",
        "oklch(",
        "color(srgb ",
        "1 2 3",
        ")",
        "none",
        "nan",
    ),
    *("12px", "0px", "1e3", "px", "em", "%", "-", "+", ".", ",", " ", "/", "Inter", "serif", "é"),
    *(";", "}", "{", "url(", "var(--a)", "expression(", "</style>", "<!--", "@import", "/*", "*/"),
    *("\\", '"', "'", "`", "\0", "\n", "\u2028", "\u202e", "!important", "\ud800", "\u0661"),
]
HOSTILE = st.text() | st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join)

CHANNEL = st.integers(0, 255)
COLOR = st.tuples(CHANNEL, CHANNEL, CHANNEL).map(lambda rgb: "#" + bytes(rgb).hex())
WORD = st.from_regex(r"-?[A-Za-zÀ-ÖØ-öא-ת][A-Za-z0-9-]{0,12}", fullmatch=True).filter(
    lambda word: word.lower() not in {"inherit", "initial", "unset", "revert", "default", "none"}
)
FAMILIES = st.lists(st.lists(WORD, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=10)


def assert_inert(value: str) -> None:
    """Fail unless a value can do nothing in a style sheet but be a value."""
    assert not FORBIDDEN & set(value)
    declarations = tinycss2.parse_blocks_contents(f"color:{value};margin:0")
    assert [node.type for node in declarations] == ["declaration", "declaration"]
    assert [node.name for node in declarations] == ["color", "margin"]
    assert {token.type for token in declarations[0].value} <= {
        *("hash", "dimension", "ident", "literal", "whitespace"),
    }


@pytest.mark.parametrize(("kind", "name"), [("color", "text"), ("length", "text")])
@settings(max_examples=2000, deadline=None)
@given(raw=HOSTILE)
def test_a_text_that_passes_is_inert(kind: Kind, name: str, raw: str) -> None:
    """Any text either is refused or becomes a value that cannot leave its declaration."""
    try:
        value = parse_value(kind, name, raw)
    except ValueError:
        return
    assert_inert(value)
    assert is_canonical(f"{kind}-{name}", value)


@settings(max_examples=2000, deadline=None)
@given(raw=HOSTILE | st.lists(HOSTILE, max_size=4))
@example(raw=["Inter", "a;b"])
def test_font_names_that_pass_are_inert(raw: object) -> None:
    """Any text or list of texts either is refused or becomes plain words and commas."""
    try:
        value = parse_value("font", "family", raw)
    except ValueError:
        return
    assert_inert(value)
    assert is_canonical("font-family", value)


@given(
    raw=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=5,
    )
)
def test_values_of_any_shape_are_refused_or_inert(raw: object) -> None:
    """No value of a file makes a reader crash."""
    for kind, names in VOCABULARY.items():
        try:
            value = parse_value(kind, names[0], raw)
        except ValueError:
            continue
        assert_inert(value)


SOME_COLORS = st.dictionaries(
    st.sampled_from([f"color-{name}" for name in VOCABULARY["color"]]), COLOR, max_size=5
)


@settings(max_examples=200, deadline=None)
@given(surface=COLOR, colors=SOME_COLORS)
def test_every_suggestion_passes(surface: str, colors: dict[str, str]) -> None:
    """Each suggested colour has the contrast that its pair needs, once its ground is mended."""
    for problem in check_contrast({"color-surface": surface, **colors}):
        assert problem.ratio < problem.needed
        assert contrast(problem.suggestion, problem.ground) >= problem.needed
        assert is_canonical("color-text", problem.suggestion)


@settings(max_examples=100, deadline=None)
@given(ground=COLOR, colors=SOME_COLORS)
@example(ground="#000000", colors={"color-heading-from": "#00a5a5", "color-heading-to": "#ff5a5a"})
def test_taking_every_suggestion_mends_a_theme(ground: str, colors: dict[str, str]) -> None:
    """On one ground, at most two rounds of suggestions leave nothing to refuse."""
    grounds = dict.fromkeys(["color-surface", "color-page", "color-raised"], ground)
    tokens = {**colors, **grounds}
    for _ in range(2):
        for problem in check_contrast(tokens):
            tokens[problem.foreground.split(", ")[-1]] = problem.suggestion
    assert check_contrast(tokens) == ()


@settings(max_examples=200, deadline=None)
@given(token=st.sampled_from(["color-text", "color-link", "color-low"]), color=COLOR)
def test_a_suggestion_is_near_and_of_the_same_hue(token: str, color: str) -> None:
    """On white, what is suggested just passes, and differs in lightness and chroma only."""
    for problem in check_contrast({token: color, "color-surface": "#ffffff"}):
        assert 4.5 <= contrast(problem.suggestion, "#ffffff") < 4.75
        _, chroma, hue = Color(color).convert("oklch").coords(nans=False)
        if chroma > 0.04:  # a grey has no hue to keep
            turned = Color(problem.suggestion).convert("oklch")["hue"] - hue
            assert abs((turned + 180) % 360 - 180) < 6


@settings(max_examples=100, deadline=None)
@given(surface=COLOR, colors=SOME_COLORS)
def test_every_pair_under_its_limit_is_reported(surface: str, colors: dict[str, str]) -> None:
    """The reported pairs are those whose luminances, worked out by hand, are too close."""
    colors = {"color-surface": surface, **colors}

    def luminance(color: str) -> float:
        linear = [
            value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
            for value in (level / 255 for level in bytes.fromhex(color[1:]))
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def ratio(first: str, second: str) -> float:
        low, high = sorted((luminance(first), luminance(second)))
        return (high + 0.05) / (low + 0.05)

    reported = {(problem.foreground, problem.background) for problem in check_contrast(colors)}
    for foreground, background, needed in PAIRS:
        if foreground in colors and background in colors:
            measured = ratio(colors[foreground], colors[background])
            if abs(measured - needed) > 0.01:  # the two formulas differ in the fourth digit
                assert ((foreground, background) in reported) == (measured < needed)
        else:
            assert (foreground, background) not in reported


def as_design_tokens(
    colors: dict[str, str], lengths: dict[str, str], families: list[str]
) -> dict[str, object]:
    """Return the tokens as a design tool would export them."""
    return {
        "$extensions": {"candidate-cards": {"name": "acme", "extends": "light"}},
        "color": {
            "$type": "color",
            **{
                name: {
                    "$value": {
                        "colorSpace": "srgb",
                        "components": [level / 255 for level in bytes.fromhex(color[1:])],
                    }
                }
                for name, color in colors.items()
            },
        },
        "length": {
            "$type": "dimension",
            **{
                name: {"$value": {"value": float(length[:-2]), "unit": "px"}}
                for name, length in lengths.items()
            },
        },
        "font": {"family": {"$type": "fontFamily", "$value": families}},
    }


DECORATIVE = ["border", "track"]  # not measured, so any colour loads


@settings(max_examples=100, deadline=None)
@given(
    colors=st.dictionaries(st.sampled_from(DECORATIVE), COLOR),
    lengths=st.dictionaries(
        st.sampled_from(VOCABULARY["length"]),
        st.integers(1000, 4000).map(lambda value: f"{value / 100:g}px"),
    ),
    families=FAMILIES,
)
def test_both_formats_give_the_same_theme(
    colors: dict[str, str], lengths: dict[str, str], families: list[str]
) -> None:
    """A theme is the same whether it is written as TOML or exported as design tokens."""
    toml = 'name = "acme"\nextends = "light"\n[color]\n'
    toml += "".join(f'{name} = "{color}"\n' for name, color in colors.items()) + "[length]\n"
    toml += "".join(f'{name} = "{length}"\n' for name, length in lengths.items())
    toml += f"[font]\nfamily = {json.dumps(families, ensure_ascii=False)}\n"
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder, "acme.toml")
        written.write_text(toml, "utf-8")
        exported = Path(folder, "acme.tokens.json")
        exported.write_text(json.dumps(as_design_tokens(colors, lengths, families)), "utf-8")
        assert load_theme(written) == load_theme(exported)


KEYS = st.sampled_from(
    [
        *("color", "font", "length", "text", "family", "palette", "$value", "$type", "$extends"),
        *("$ref", "$root", "$extensions", "$description", "candidate-cards", "logo", "extends"),
    ]
)
LEAVES = st.sampled_from(
    [
        *(
            "{color}",
            "{color.text}",
            "{palette.text}",
            "#/color",
            "#/palette/text/$value",
            "#/",
            "#",
        ),
        *("{", "{}", "{.}", "color", "dimension", "fontFamily", "#ffffff", "light", 0, 1.5, None),
    ]
)
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(
        LEAVES,
        lambda inner: st.dictionaries(KEYS, inner, max_size=4) | st.lists(inner, max_size=3),
        max_leaves=20,
    ),
)


@settings(max_examples=300, deadline=None)
@given(document=DOCUMENTS)
def test_any_design_token_document_is_read_or_refused(document: dict[str, object]) -> None:
    """However its references run, a document ends in a reading or in listed problems."""
    file = parse_token_file(json.dumps(document).encode(), source="a.json")
    assert set(file.content) <= {*VOCABULARY, "description", *KEYS.elements}  # type: ignore[attr-defined]


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=200), ending=st.sampled_from(["toml", "json"]))
def test_any_bytes_are_read_or_refused(data: bytes, ending: str) -> None:
    """A file of any bytes raises nothing but the error that lists problems."""
    with contextlib.suppress(InputError):
        parse_token_file(data, source=f"a.{ending}")


SVG_PARTS = st.sampled_from(
    [
        *('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">', "</svg>", "<path ", "/>"),
        *("<style>", "</style>", "url(#a)", "url(x)", 'href="', 'onload="', 'fill="', '"', " "),
        *("<script>", "</script>", "<!DOCTYPE a>", "&a;", "<!-- -->", "<![CDATA[", "]]>", "<?a?>"),
        *("javascript:", "@import", "\\75", "data:", "text"),
    ]
)


@settings(max_examples=1000, deadline=None)
@given(
    data=st.binary(max_size=100)
    | st.lists(SVG_PARTS, max_size=12).map("".join).map(str.encode)
    | st.lists(SVG_PARTS, max_size=6).map(
        lambda parts: (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">{"".join(parts)}</svg>'
        ).encode()
    )
)
def test_any_bytes_are_a_safe_picture_or_refused(data: bytes) -> None:
    """What passes as an SVG holds only elements that draw, and no address but of its own parts."""
    try:
        media_type = recognise(data)
    except ValueError:
        return
    if media_type == "image/svg+xml":
        root = ET.fromstring(data)  # noqa: S314 - 100 bytes of ours
        for element in root.iter():
            assert element.tag.rpartition("}")[2] in {"svg", "path", "style"}
            assert "onload" not in element.attrib
            assert all("url(x)" not in value for value in element.attrib.values())
            assert element.get("href", "#").startswith("#")
            if element.tag.endswith("}style"):
                sheet = "".join(element.itertext())
                assert not any(part in sheet for part in ("url(x)", "@import", "\\"))
