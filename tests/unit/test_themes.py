"""Themes: files, names, inheritance, logos and every refusal."""

from __future__ import annotations

import json
import pickle
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from candidate_cards import themes
from candidate_cards._token_values import TOKENS, VOCABULARY
from candidate_cards.errors import InputError, NotAvailableError
from candidate_cards.themes import Logo, Theme, check_theme, list_themes, load_theme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from candidate_cards._token_values import Kind

    Write = Callable[..., Path]

# Harmless in a browser or not: none of these is a colour, a length or a font name.
INJECTIONS = [
    "red;position:fixed",
    "red}*{display:none",
    "red}</style><script>alert(1)</script>",
    "</style>",
    "url(https://evil.example/a.png)",
    "url('//evil.example')",
    "URL(javascript:alert(1))",
    "image-set(url(x) 1x)",
    "expression(alert(1))",
    "exp/**/ression(alert(1))",
    "var(--x)",
    "var(--x, url(//evil.example))",
    "env(safe-area-inset-top)",
    "attr(data-x)",
    "calc(1px + 1px)",
    "@import 'x'",
    "@media all",
    "red/*",
    "/**/red",
    "red*/",
    r"\72 ed",
    r"\"",
    '"red"',
    "'red'",
    "`red`",
    "red\n;color:blue",
    "red\x00",
    "red\r",
    "red\x0c",
    "red !important",
    "{{ 7*7 }}",
    "{red}",
    "<!--",
    "-->",
    "--x",
    "inherit",
    "behavior:url(x.htc)",
    "-moz-binding:url(x)",
    "javascript:alert(1)",
    "red,blue;",
    "\u202ered",
    "\ud800",
    "",
    " ",
    "red" * 200,
]
WRONG_KINDS: list[object] = [None, True, 7, 1.5, {}, {"value": 1}, [], [[]], [None], [7]]

PAYLOADS: dict[Kind, list[object]] = {
    "color": [
        *INJECTIONS,
        *WRONG_KINDS,
        "#12345",
        "#gggggg",
        "#0f172a80",
        "#0008",
        "rgb(0 0 0 / 50%)",
        "rgba(1,2,3,.5)",
        "transparent",
        "currentcolor",
        "color(display-p3 0 1 0)",
        "oklch(0.7 0.4 150)",
        "rgb(1e999 0 0)",
        "#\uff11\uff12\uff13",
    ],
    "length": [
        *INJECTIONS,
        *WRONG_KINDS,
        "14",
        "1em",
        "1rem",
        "10%",
        "-1px",
        "+12px",
        "41px",
        "1e1px",
        "12PX",
        "12 px",
        " 12px",
        "12px ",
        "\u0661\u0662px",
        "12.px",
        "99999999999999999999px",
    ],
    "font": [
        *INJECTIONS,
        *WRONG_KINDS,
        ["Inter", "2 Fast"],
        ["Source Sans 3"],
        ["Inter", ""],
        ["Inter", "a b;c"],
        ["Inter, serif"],
        ["'Segoe UI'"],
        ["Segoe  UI"],
        [" Inter"],
        ["-"],
        ["--x"],
        ["-2x"],
        ["revert-layer"],
        ["Inherit"],
        ["Inter"] * 11,
        ["a" * 61],
    ],
}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a theme of given keys that extends ``light``."""

    def write(content: str = "", *, name: str = "acme.toml", extends: str = "light") -> Path:
        path = tmp_path / name
        path.write_text(f'extends = "{extends}"\n{content}', "utf-8")
        return path

    return write


@pytest.fixture
def fresh() -> Iterator[None]:
    """Forget the themes that were loaded by name."""
    themes._load_named.cache_clear()
    yield
    themes._load_named.cache_clear()


def refusals(path: Path) -> dict[str, str]:
    """Return the messages of a theme that must be refused, by field."""
    with pytest.raises(InputError) as caught:
        load_theme(path)
    return {problem.field: problem.message for problem in caught.value.problems}


def toml(value: object) -> str:
    """Return a value as TOML, which for texts and lists is how JSON writes them."""
    if value is None:
        return "1979-05-27"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value).replace("\\u007f", "\\u007F")


# --- loading -------------------------------------------------------------------------------------


def test_a_named_theme_is_loaded_once() -> None:
    """Loading a bundled theme twice gives the same object."""
    assert load_theme("dark") is load_theme("dark")


def test_themes_work_as_keys_and_between_processes() -> None:
    """A theme that went through pickle is equal, has the same hash and keeps its logo."""
    for name in ("dark", "harbour"):
        theme = load_theme(name)
        copy = pickle.loads(pickle.dumps(theme))  # noqa: S301 - our own bytes
        assert copy == theme
        assert hash(copy) == hash(theme)
        assert {theme: 1}[copy] == 1
    assert load_theme("dark") != load_theme("light")


def test_a_theme_cannot_be_changed() -> None:
    """Neither the tokens nor the fields of a theme can be assigned."""
    theme = load_theme("dark")
    with pytest.raises(TypeError):
        theme.tokens["color-text"] = "red"  # type: ignore[index]
    with pytest.raises(AttributeError):
        theme.name = "other"  # type: ignore[misc]


def test_an_unknown_name_lists_the_known_ones() -> None:
    """A name without a theme is refused with the names that exist."""
    with pytest.raises(NotAvailableError) as caught:
        load_theme("drak")
    assert {"dark", "light", "harbour"} <= set(caught.value.available)
    assert "drak" in str(caught.value)


@pytest.mark.parametrize("name", ["..", "dark ", "Dark", "", "pyproject"])
def test_names_do_not_reach_other_files(name: str) -> None:
    """A name is looked up, never joined to a path."""
    with pytest.raises(NotAvailableError):
        load_theme(name)


def test_texts_that_look_like_paths_are_paths(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text with a separator or a theme's file extension, and any PathLike, is a path."""
    path = write()
    monkeypatch.chdir(path.parent)
    expected = load_theme(path)
    assert expected.name == "acme"
    for spelling in ("acme.toml", "./acme.toml", str(path), Path("acme.toml")):
        assert load_theme(spelling) == expected


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    """A missing file, a folder, and a file of another kind are input errors that name the file."""
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "theme.yaml").write_text("a: 1")
    for name in ("missing.toml", "folder.toml", "theme.yaml"):
        with pytest.raises(InputError, match=name):
            load_theme(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.toml", b"[color]\ntext = red\n", 2),
        ("a.toml", b"a = 1\na = 2\n", 2),
        ("a.toml", b"\xff\xfe", None),
        ("a.toml", b"a = " + b"[" * 20_000, None),
        ("a.toml", b"a = " + b"9" * 20_000, None),
        ("a.toml", b"#" * 300_000, None),
        ("a.json", b'{\n "a": }', 2),
        ("a.json", b"[]", None),
        ("a.json", b'{"a": 1, "a": 2}', None),
        ("a.json", b'{"a": NaN}', None),
        ("a.json", b'{"a": ' + b"9" * 20_000 + b"}", None),
        ("a.json", b"[" * 200_000, None),
    ],
)
def test_files_that_are_not_in_the_format_are_refused(
    tmp_path: Path, name: str, text: bytes, line: int | None
) -> None:
    """A file that cannot be read as TOML or JSON is one problem, with its line where known."""
    path = tmp_path / name
    path.write_bytes(text)
    with pytest.raises(InputError) as caught:
        load_theme(path)
    (problem,) = caught.value.problems
    assert problem.source == str(path)
    assert problem.line == line


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    """Files saved with a byte order mark load."""
    path = tmp_path / "acme.toml"
    path.write_bytes(b'\xef\xbb\xbfextends = "light"\n')
    assert load_theme(path).tokens == load_theme("light").tokens


def test_every_problem_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    """One load reports every wrong key, value, logo and colour pair of a file."""
    path = tmp_path / "acme.toml"
    path.write_text(
        'name = "Acme!"\n'
        'extends = "light"\n'
        'colour-scheme = "light"\n'
        "[color]\n"
        'txt = "#000000"\n'
        'link = "url(x)"\n'
        'muted = "#94a3b8"\n'
        "[length]\n"
        'text = "2em"\n'
        "[logo]\n"
        'file = "../secret.png"\n'
    )
    with pytest.raises(InputError) as caught:
        load_theme(path)
    found = [(problem.field, problem.line) for problem in caught.value.problems]
    muted = ("color.muted", 7)
    assert found == [
        ("colour-scheme", 3),
        ("name", 1),
        ("color.txt", 5),
        ("color.link", 6),
        ("length.text", 9),
        ("logo.alt", None),
        ("logo.file", 11),
        muted,  # on the card,
        muted,  # the page
        muted,  # and a panel
    ]
    assert "did you mean text?" in str(caught.value)
    assert "did you mean color-scheme?" in str(caught.value)


def test_values_never_show_in_messages(write: Write) -> None:
    """A refused value is named by its token, not repeated."""
    path = write('[color]\ntext = "s3cret;"\n[font]\nfamily = ["s3cret 1"]\n')
    with pytest.raises(InputError) as caught:
        load_theme(path)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "value"), [(kind, value) for kind, values in PAYLOADS.items() for value in values]
)
def test_values_of_no_kind_are_refused_for_every_token(
    tmp_path: Path, kind: Kind, value: object
) -> None:
    """Whatever is not a colour, a length or font names is refused with each token's name."""
    names = VOCABULARY[kind]
    if kind == "font" and isinstance(value, str):
        value = [value]
    document = {
        "$extensions": {"candidate-cards": {"extends": "light"}},
        kind: {
            "$type": themes_type(kind),
            **{name: {"$value": value} for name in names},
        },
    }
    path = tmp_path / "acme.json"
    path.write_text(json.dumps(document), "utf-8")
    assert set(refusals(path)) == {f"{kind}.{name}" for name in names}
    if "\\ud800" not in json.dumps(value):  # TOML has no spelling for it
        path = tmp_path / "acme.toml"
        lines = "".join(f"{name} = {toml(value)}\n" for name in names)
        path.write_text(f'extends = "light"\n[{kind}]\n{lines}', "utf-8")
        assert set(refusals(path)) == {f"{kind}.{name}" for name in names}


def themes_type(kind: Kind) -> str:
    """Return the design token type of a kind."""
    return {"color": "color", "length": "dimension", "font": "fontFamily"}[kind]


def test_there_are_enough_payloads() -> None:
    """Each kind of value is attacked in more than 27 ways."""
    assert all(len(values) > 27 for values in PAYLOADS.values())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("#ABCDEF", "#abcdef"),
        ("#000", "#000000"),
        ("#000F", "#000000"),
        ("#000000ff", "#000000"),
        ("navy", "#000080"),
        ("rgb(0, 0, 128)", "#000080"),
        ("rgb(0 0 128 / 100%)", "#000080"),
        ("hsl(240 100% 25%)", "#000080"),
        ("oklch(0.452 0.313 264.052)", "#0000ff"),
        ("color(srgb 0 0 0.502)", "#000080"),
    ],
)
def test_colours_are_written_as_hex(write: Write, value: str, expected: str) -> None:
    """Any opaque CSS colour inside sRGB becomes six lower-case hex digits."""
    theme = load_theme(write(f'[color]\nborder = "{value}"\n'))
    assert theme.tokens["color-border"] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0px", "0px"), ("6.50px", "6.5px"), ("06px", "6px"), ("40px", "40px")],
)
def test_lengths_are_written_short(write: Write, value: str, expected: str) -> None:
    """A length loses its idle zeros."""
    theme = load_theme(write(f'[length]\ncard-radius = "{value}"\n'))
    assert theme.tokens["length-card-radius"] == expected


def test_font_names_of_any_script_pass(write: Write) -> None:
    """Names of letters, marks, digits, hyphens and spaces are kept, unquoted."""
    names = [
        "-apple-system",
        "Noto Sans",
        "Ünïcode",
        "देवनागरी",
        "游ゴシック",
        "ui-serif",
        "Frutiger55",
    ]
    theme = load_theme(write(f"[font]\nfamily = {json.dumps(names, ensure_ascii=False)}\n"))
    assert theme.tokens["font-family"] == ", ".join(names)


# --- inheritance ---------------------------------------------------------------------------------


def test_a_theme_holds_only_what_differs(write: Write) -> None:
    """Tokens and colour scheme that a file lacks come from the theme that it extends."""
    theme = load_theme(write('[color]\nlink = "#0f766e"\n'))
    light = load_theme("light")
    assert theme.extends == "light"
    assert theme.color_scheme == "light"
    assert {token for token in TOKENS if theme.tokens[token] != light.tokens[token]} == {
        "color-link"
    }


def test_a_theme_that_extends_nothing_must_hold_everything(tmp_path: Path) -> None:
    """Each missing token, and the colour scheme, is a problem of its own."""
    path = tmp_path / "acme.toml"
    path.write_text('[color]\ntext = "#000"\n')
    given = ("color-text", *(token for token in TOKENS if token.startswith("dark-")))
    missing = {token.replace("-", ".", 1) for token in TOKENS if token not in given}
    assert set(refusals(path)) == missing | {"color-scheme"}


def test_files_extend_files_beside_them(write: Write) -> None:
    """A chain of files, ending in a bundled theme, passes everything down, logo included."""
    folder = write('[color]\nlink = "#0f766e"\n', name="base.toml", extends="harbour").parent
    path = write('[length]\nname = "20px"\n', extends="base.toml")
    theme = load_theme(path)
    assert theme.tokens["color-link"] == "#0f766e"
    assert theme.tokens["length-name"] == "20px"
    assert theme.logo == load_theme("harbour").logo
    path.write_text('extends = "base.toml"\nlogo = false\n')
    assert load_theme(folder / "acme.toml").logo is None


@pytest.mark.parametrize("target", ["acme.toml", "other.toml"])
def test_themes_in_a_circle_are_refused(write: Write, target: str) -> None:
    """A theme that comes to extend itself is refused."""
    write(name="other.toml", extends="acme.toml")
    path = write(extends=target)
    with pytest.raises(InputError, match="leads back to itself"):
        load_theme(path)


@pytest.mark.parametrize(
    "extends", ["nobody", "../light.toml", "/etc/theme.toml", "sub/a.toml", "missing.toml", ""]
)
def test_a_base_that_is_not_there_is_one_problem(write: Write, extends: str) -> None:
    """An unknown base is reported by itself, without all the tokens that it would have given."""
    with pytest.raises(InputError) as caught:
        load_theme(write(extends=extends))
    assert len(caught.value.problems) == 1


def test_the_problems_of_a_base_are_told_with_those_of_the_theme(write: Write) -> None:
    """Problems in both files of a chain come in one error, each with its file."""
    write('[color]\ntext = ";"\n', name="base.toml")
    with pytest.raises(InputError) as caught:
        load_theme(write('[color]\nlink = ";"\n', extends="base.toml"))
    found = {(Path(problem.source).name, problem.field) for problem in caught.value.problems}
    assert found == {("base.toml", "color.text"), ("acme.toml", "color.link")}


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ('name = "UPPER"', "name"),
        ("name = 7", "name"),
        ('description = "a\\nb"', "description"),
        (f'description = "{"a" * 201}"', "description"),
        ('color-scheme = "dim"', "color-scheme"),
        ('color = "red"', "color"),
        ("font = []", "font"),
        ('fonts = "x"', "fonts"),
        ('"\\u001b[31m" = 1', "\\x1b[31m"),
    ],
)
def test_wrong_keys_are_refused(write: Write, content: str, field: str) -> None:
    """A key of the wrong name or kind is refused, and its name is safe to print."""
    assert set(refusals(write(content + "\n"))) == {field}


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("Acme Corp.toml", "acme-corp"),
        ("2024.toml", "theme-2024"),
        ("日本.toml", "theme"),
        ("brand.tokens.json", "brand"),
    ],
)
def test_a_theme_without_a_name_is_called_after_its_file(
    tmp_path: Path, file: str, expected: str
) -> None:
    """The name is the file's, made plain."""
    path = tmp_path / file
    text = '{"$extensions": {"candidate-cards": {"extends": "light"}}}'
    path.write_text(text if file.endswith("json") else 'extends = "light"\n')
    assert load_theme(path).name == expected


# --- contrast ------------------------------------------------------------------------------------


def test_too_little_contrast_is_refused_with_a_way_out(write: Write) -> None:
    """The message names pair, measured ratio, needed ratio and a colour that loads."""
    path = write('[color]\nmuted = "#94a3b8"\n')
    (message,) = set(refusals(path).values())  # the last of the three grounds
    assert "muted on raised" in message
    assert "2.34:1" in message
    assert "4.5:1" in message
    suggestion = message.partition("; ")[2][:7]
    load_theme(write(f'[color]\nmuted = "{suggestion}"\n'))


def test_a_ground_that_spoils_inherited_colours_is_blamed(write: Write) -> None:
    """If a file sets only the ground, the problem points at the ground's line."""
    with pytest.raises(InputError) as caught:
        load_theme(write('[color]\nsurface = "#808080"\n'))
    assert {(problem.field, problem.line) for problem in caught.value.problems} == {
        ("color.surface", 3)
    }


def test_a_gradient_is_measured_between_its_ends(write: Write) -> None:
    """Two ends that pass can have a middle that fails; a colour for the far end is suggested."""
    ends = {"from": "#00a5a5", "to": "#ff5a5a"}
    content = "".join(f'heading-{end} = "{color}"\n' for end, color in ends.items())
    path = write(f"[color]\n{content}", extends="dark")
    message = refusals(path)["color.heading-from"]
    assert "gradient from heading-from to heading-to" in message
    suggestion = message.partition("; ")[2][:7]
    content = content.replace("#ff5a5a", suggestion)
    load_theme(write(f"[color]\n{content}", extends="dark"))


def test_check_theme_tells_the_pairs() -> None:
    """A theme made in code can be checked; its problems hold tokens, ratio and suggestion."""
    dark = load_theme("dark")
    tokens = {**dark.tokens, "color-button": "#1e293b"}
    problems = check_theme(Theme("mine", "dark", tokens))
    assert [(problem.foreground, problem.background) for problem in problems] == [
        ("color-button", "color-surface"),
        ("color-button-text", "color-button"),
    ]
    assert [problem.needed for problem in problems] == [3.0, 4.5]
    assert all(1 < problem.ratio < 3 for problem in problems)
    tokens.update({problem.foreground: problem.suggestion for problem in problems})
    assert check_theme(Theme("mine", "dark", tokens)) == ()


# --- themes made in code -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("color-text", "red"),
        ("color-text", "#FFF"),
        ("color-text", "#ffffff;"),
        ("color-text", "#ffffff\n"),
        ("length-text", "12px;"),
        ("length-text", "400px"),
        ("length-text", "12.0px"),
        ("font-family", "Inter,serif"),
        ("font-family", '"Inter"'),
        ("font-family", ""),
        ("color-text", 7),
        ("color-brand", "#ffffff"),
    ],
)
def test_a_theme_holds_nothing_but_tokens(token: str, value: str) -> None:
    """A theme made in code with a value that no file could give is refused."""
    with pytest.raises(InputError):
        Theme("mine", "dark", {**load_theme("dark").tokens, token: value})


def test_a_theme_made_in_code_must_be_complete() -> None:
    """A missing token, an unknown colour scheme and a wrong name are all reported."""
    with pytest.raises(InputError) as caught:
        Theme("Mine", "dim", {})  # type: ignore[arg-type]
    assert len(caught.value.problems) == len(TOKENS) + 2


def test_bundled_themes_need_no_colour_library() -> None:
    """Loading every bundled theme by name does not import the colour library."""
    code = (
        "import sys; from candidate_cards.themes import load_theme;"
        "[load_theme(name) for name in ('dark', 'light', 'harbour')];"
        "sys.exit('coloraide' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- logo ----------------------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">%b</svg>'
LOGO = '[logo]\nfile = "logo.bin"\nalt = "Acme"\n'


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0" + bytes(20), "image/jpeg"),
        (b"GIF89a" + bytes(20), "image/gif"),
        (b"RIFF" + struct.pack("<I", 20) + b"WEBPVP8 ", "image/webp"),
        (SVG % b'<path d="M0 0h9v9z"/>', "image/svg+xml"),
        (b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>\n' + SVG % b"", "image/svg+xml"),
        (
            SVG
            % (
                b'<defs><linearGradient id="g-1"><stop offset="1"/></linearGradient>'
                b"<style>.a{fill:url(#g-1)}</style></defs>"
                b'<path class="a" d="M0 0h9" fill="url(#g-1)" style="stroke:url( \'#g-1\' )"/>'
            ),
            "image/svg+xml",
        ),
    ],
)
def test_a_logo_is_known_by_its_bytes(write: Write, data: bytes, media_type: str) -> None:
    """The media type comes from the content, whatever the file is called."""
    path = write(LOGO)
    (path.parent / "logo.bin").write_bytes(data)
    logo = load_theme(path).logo
    assert logo is not None
    assert (logo.data, logo.media_type, logo.alt) == (data, media_type, "Acme")
    assert logo.data_uri.startswith(f"data:{media_type};base64,")


HOSTILE_SVG = {
    "script": b"<script>alert(1)</script>",
    "foreignObject": b"<foreignObject><p/></foreignObject>",
    "other vocabulary": b'<p xmlns="http://www.w3.org/1999/xhtml">x</p>',
    "image": b'<image href="https://evil.example/x.png"/>',
    "use": b'<use href="#a"/>',
    "link": b'<a href="javascript:alert(1)"><path/></a>',
    "animation": b'<animate attributeName="href" to="javascript:alert(1)"/>',
    "set": b'<set attributeName="onload" to="x"/>',
    "filter": b'<filter id="f"/>',
    "handler": b'<path onclick="alert(1)"/>',
    "HANDLER": b'<path OnLoad="alert(1)"/>',
    "href": b'<linearGradient href="https://evil.example/#g"/>',
    "xlink": b'<path xmlns:x="http://www.w3.org/1999/xlink" x:href="data:,x"/>',
    "base": b'<path xml:base="https://evil.example/"/>',
    "fill": b'<path fill="url(https://evil.example/#g)"/>',
    "FILL": b"<path fill=\"URL( 'https://evil.example/#g')\"/>",
    "style": b'<path style="fill:url(//evil.example)"/>',
    "escape": rb'<path style="fill:\75rl(x)"/>',
    "image-set": b"<path style=\"mask:image-set('x' 1x)\"/>",
    "import": b"<style>@import 'https://evil.example';</style>",
    "font": b"<style>@font-face{src:url(x)}</style>",
    "sheet": b"<style><![CDATA[*{fill:url(//evil.example)}]]></style>",
    "split": b"<style>*{fill:u<!-- -->rl(//evil.example)}</style>",
    "instruction": b'<?xml-stylesheet href="https://evil.example"?>',
    "attribute of another vocabulary": b'<path xmlns:e="urn:e" e:x="1"/>',
    "depth": b"<g>" * 60 + b"</g>" * 60,
    "unfinished": b"<g>",
    "entity": b"&lol;",
}


@pytest.mark.parametrize(
    "data",
    [
        *(pytest.param(SVG % body, id=name) for name, body in HOSTILE_SVG.items()),
        pytest.param(b"<!DOCTYPE svg>" + SVG % b"", id="doctype"),
        pytest.param(b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG % b"&a;", id="declared entity"),
        pytest.param(b'<?xml version="1.0" encoding="cp1252"?>' + SVG % b"", id="encoding"),
        pytest.param(b"<svg viewBox='0 0 1 1'/>", id="no namespace"),
        pytest.param((SVG % b"").replace(b"viewBox", b"viewbox"), id="no viewBox"),
        pytest.param(b'<path xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>', id="root"),
        pytest.param(b"<html><script>alert(1)</script></html>", id="html"),
        pytest.param(b"plain", id="text"),
        pytest.param(b"", id="empty"),
        pytest.param(PNG + bytes(65 * 1024), id="size"),
    ],
)
def test_a_logo_that_is_not_only_a_picture_is_refused(write: Write, data: bytes) -> None:
    """Active, fetching, endless or unreadable pictures are refused, in the logo's name."""
    path = write(LOGO)
    (path.parent / "logo.bin").write_bytes(data)
    assert set(refusals(path)) == {"logo.file"}


@pytest.mark.parametrize("name", ["../{}", "sub/{}", "{folder}/{}", "./{}", "..\\{}", "C:{}"])
def test_a_theme_reaches_no_other_folder(write: Write, name: str) -> None:
    """Neither a logo nor a base is taken from outside the theme's folder, though it be there."""
    folder = write(name="base.toml").parent / "brand"
    for place in (folder.parent, folder, folder / "sub"):
        place.mkdir(exist_ok=True)
        for prefix in ("", "..\\", "C:"):
            (place / f"{prefix}logo.bin").write_bytes(PNG)
            (place / f"{prefix}base.toml").write_text('extends = "light"\n')
    logo, base = (name.format(file, folder=folder) for file in ("logo.bin", "base.toml"))
    path = folder / "acme.toml"
    path.write_text(f'extends = "light"\n[logo]\nfile = {json.dumps(logo)}\nalt = "Acme"\n')
    assert set(refusals(path)) == {"logo.file"}
    path.write_text(f"extends = {json.dumps(base)}\n")
    assert set(refusals(path)) == {"extends"}
    path.write_text('extends = "base.toml"\n[logo]\nfile = "logo.bin"\nalt = "Acme"\n')
    assert load_theme(path).logo == Logo(PNG, "image/png", "Acme")


@pytest.mark.parametrize("file", ['""', "7", '"."', '"missing.png"'])
def test_a_logo_that_is_not_there_is_refused(write: Write, file: str) -> None:
    """A logo without a file, or with one that does not exist, is refused."""
    assert set(refusals(write(f'[logo]\nfile = {file}\nalt = "Acme"\n'))) == {"logo.file"}


def test_a_logo_has_words(write: Write) -> None:
    """A logo without words that stand for it is refused, in a file and in code."""
    path = write('[logo]\nfile = "logo.bin"\nalt = " "\n')
    (path.parent / "logo.bin").write_bytes(PNG)
    assert set(refusals(path)) == {"logo.alt"}
    with pytest.raises(ValueError, match="alt"):
        Logo(PNG, "image/png", "")
    with pytest.raises(ValueError, match="media_type"):
        Logo(PNG, "image/gif", "Acme")


@pytest.mark.parametrize("logo", ["true", '"logo.bin"', "[]"])
def test_a_logo_is_a_table(write: Write, logo: str) -> None:
    """A logo of another shape is refused."""
    assert set(refusals(write(f"logo = {logo}\n"))) == {"logo"}


# --- design token JSON ---------------------------------------------------------------------------


def design_tokens(tmp_path: Path, document: Mapping[str, object], extends: str = "light") -> Path:
    """Write a design token file."""
    path = tmp_path / "acme.tokens.json"
    ours = {"candidate-cards": {"extends": extends}, "org.example": {"kept": 1}}
    path.write_text(json.dumps({"$extensions": ours, **document}), "utf-8")
    return path


TEAL = {"colorSpace": "srgb", "components": [0, 0.4, 0.4], "hex": "#006666"}


@pytest.mark.parametrize(
    "value",
    [
        "#006666",
        TEAL,
        {"colorSpace": "srgb", "components": ["none", 0.4, 0.4], "alpha": 1},
        {"colorSpace": "hsl", "components": [180, 100, 20]},
        {"colorSpace": "hwb", "components": [180, 0, 60]},
        {"colorSpace": "srgb-linear", "components": [0, 0.13287, 0.13287]},
        {"colorSpace": "oklch", "components": [0.46201, 0.07886, 194.76896]},
        {"colorSpace": "oklab", "components": [0.46201, -0.07626, -0.0201]},
        {"colorSpace": "display-p3", "components": [0, 1, 0], "hex": "#006666"},
    ],
)
def test_colours_of_design_tools_are_read(tmp_path: Path, value: object) -> None:
    """Colour objects of any space, and the hex texts of older exports, give the same colour."""
    document = {"color": {"text": {"$type": "color", "$value": value}}}
    assert load_theme(design_tokens(tmp_path, document)).tokens["color-text"] == "#006666"


PALETTE = {"teal": {"$type": "color", "$value": TEAL}, "alias": {"$value": "{palette.teal}"}}


@pytest.mark.parametrize(
    "color",
    [
        {"$type": "color", "text": {"$value": TEAL}},
        {"text": {"$value": "{palette.teal}"}},
        {"text": {"$value": "{palette.alias}"}},
        {"text": {"$ref": "#/palette/teal"}},
        {"text": {"$ref": "#/palette/teal/$value"}},
        {"text": {"$value": {"$ref": "#/palette/teal/$value"}, "$type": "color"}},
        {
            "text": {
                "$type": "color",
                "$value": {
                    "colorSpace": "srgb",
                    "components": [0, {"$ref": "#/palette/teal/$value/components/1"}, 0.4],
                },
            }
        },
        {"$extends": "{inks}"},
        {"$ref": "#/inks"},
        {"$extends": "#/inks"},
        {"$extends": "{inks}", "muted": {"$value": "{palette.teal}"}},
        {"text": {"$root": {"$value": "{palette.teal}"}}},
    ],
)
def test_the_ways_to_refer_in_design_tokens_agree(tmp_path: Path, color: dict[str, object]) -> None:
    """Inherited types, aliases, pointers, extended groups and root tokens lead to one value."""
    inks = {"$type": "color", "text": {"$value": TEAL}}
    document = {"color": color, "palette": PALETTE, "inks": inks}
    assert load_theme(design_tokens(tmp_path, document)).tokens["color-text"] == "#006666"


def test_deeper_groups_are_joined_by_hyphens(tmp_path: Path) -> None:
    """A tool's folders inside a group read as our hyphenated names."""
    document: dict[str, object] = {
        "color": {
            "$type": "color",
            "heading": {
                "$root": {"$value": "#000001"},
                "from": {"$value": "#000002"},
                "to": {"$value": "#000003"},
            },
        },
        "length": {"$type": "dimension", "card-radius": {"$value": {"value": 6.5, "unit": "px"}}},
        "font": {
            "$type": "fontFamily",
            "family": {"$value": ["Inter", "{faces.brand}", "{faces.more}"]},
        },
        "faces": {
            "$type": "fontFamily",
            "brand": {"$value": "Gill Sans"},
            "more": {"$value": ["Georgia", "serif"]},
        },
    }
    tokens = load_theme(design_tokens(tmp_path, document)).tokens
    assert tokens["color-heading"] == "#000001"
    assert tokens["color-heading-from"] == "#000002"
    assert tokens["color-heading-to"] == "#000003"
    assert tokens["length-card-radius"] == "6.5px"
    assert tokens["font-family"] == "Inter, Gill Sans, Georgia, serif"


@pytest.mark.parametrize(
    ("color", "field"),
    [
        ({"text": {"$value": TEAL}}, "color.text"),  # no type
        ({"text": {"$type": "dimension", "$value": TEAL}}, "color.text"),
        ({"text": {"$value": "{palette.blue}"}}, "color.text"),
        ({"text": {"$value": "{palette}"}}, "color.text"),
        ({"text": {"$value": "{color.text}"}}, "color.text"),
        ({"text": {"$value": "{color.link}"}, "link": {"$value": "{color.text}"}}, "color.link"),
        ({"text": {"$ref": "#/color/text"}}, "color.text"),
        ({"text": {"$ref": "palette.teal"}}, "color.text"),
        ({"text": {"$ref": 7}}, "color.text"),
        ({"$extends": "{color}"}, "color"),
        ({"$extends": "{nowhere}"}, "color"),
        ({"$extends": "{palette.teal}"}, "color"),
        ({"$extends": "{loop-a}"}, "color"),
        ({"in": {"$extends": "{color}"}}, "color.in"),
        ({"text": {}, "txt": 7}, "color.txt"),
        ({"$type": "color", "text": {"$value": {**TEAL, "alpha": 0.5}}}, "color.text"),
        ({"$type": "color", "text": {"$value": {**TEAL, "alpha": "1"}}}, "color.text"),
        ({"$type": "color", "text": {"$value": {**TEAL, "components": [0, 0]}}}, "color.text"),
        ({"$type": "color", "text": {"$value": {**TEAL, "components": [0, 0, "x"]}}}, "color.text"),
        ({"$type": "color", "text": {"$value": {**TEAL, "components": [9, 9, 9]}}}, "color.text"),
        (
            {"$type": "color", "text": {"$value": {**TEAL, "components": [10**400] * 3}}},
            "color.text",
        ),
        ({"$type": "color", "text": {"$value": {**TEAL, "colorSpace": "cmyk"}}}, "color.text"),
        ({"$type": "color", "text": {"$value": {**TEAL, "colorSpace": []}}}, "color.text"),
        (
            {
                "$type": "color",
                "text": {"$value": {"colorSpace": "lab", "components": [50, 160, 0]}},
            },
            "color.text",
        ),
        (
            {
                "$type": "color",
                "button-text": {"$value": TEAL},
                "button": {"text": {"$value": TEAL}},
            },
            "color.button.text",
        ),
        ({"$type": "color", "brand": {"500": {"$value": TEAL}}}, "color.brand-500"),
    ],
)
def test_design_tokens_that_lead_nowhere_are_refused(
    tmp_path: Path, color: dict[str, object], field: str
) -> None:
    """Missing types, circles, dead ends and odd values are problems of their own token."""
    loops = {"loop-a": {"$extends": "{loop-b}"}, "loop-b": {"$extends": "{loop-a}"}}
    path = design_tokens(tmp_path, {"color": color, "palette": PALETTE, **loops})
    assert field in refusals(path)


def test_design_tokens_that_multiply_are_stopped(tmp_path: Path) -> None:
    """Groups that double at each of thirty levels are refused, soon."""
    groups: dict[str, object] = {
        f"g{level}": {side: {"$extends": f"{{g{level + 1}}}"} for side in "ab"}
        for level in range(30)
    }
    path = design_tokens(tmp_path, {"color": {"$extends": "{g0}"}, **groups, "g30": {}})
    with pytest.raises(InputError, match="extends itself"):
        load_theme(path)


@pytest.mark.parametrize(
    "value",
    [
        {"value": 1, "unit": "rem"},
        {"value": 12},
        {"value": "12", "unit": "px"},
        {"value": True, "unit": "px"},
        {"value": 400, "unit": "px"},
        {"value": 10**400, "unit": "px"},
    ],
)
def test_dimensions_are_in_pixels(tmp_path: Path, value: object) -> None:
    """A dimension in another unit, without one, or out of range is refused."""
    document = {"length": {"text": {"$type": "dimension", "$value": value}}}
    assert set(refusals(design_tokens(tmp_path, document))) == {"length.text"}


@pytest.mark.parametrize("ours", [7, {"color": {"text": "red"}}, {"extnds": "light"}])
def test_our_own_part_of_a_design_token_file_is_checked(tmp_path: Path, ours: object) -> None:
    """What stands under our key in the extensions follows the rules of the TOML."""
    path = tmp_path / "acme.json"
    path.write_text(json.dumps({"$extensions": {"candidate-cards": ours}}))
    fields = set(refusals(path))
    assert fields & {
        "$extensions.candidate-cards",
        "$extensions.candidate-cards.color",
        "extnds",
    }


# --- listing and plug-ins ------------------------------------------------------------------------


def install(folder: Path, name: str, themes: dict[str, str], files: dict[str, str]) -> None:
    """Lay out an installed package that registers themes."""
    package = folder / name
    package.mkdir(parents=True)
    for file, text in files.items():
        (package / file).write_text(text, "utf-8")
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = "".join(f"{theme} = {target}\n" for theme, target in themes.items())
    (info / "entry_points.txt").write_text(f"[candidate_cards.themes]\n{lines}")


MODULE = (
    "from importlib.resources import files\n"
    "THEME = files(__name__) / 'brand.toml'\n"
    "TEXT = str(THEME)\n"
    "NUMBER = 7\n"
)
BRAND = 'extends = "light"\ndescription = "A brand"\n[color]\nlink = "#0f766e"\n' + LOGO


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("target", ["THEME", "TEXT"])
def test_an_installed_package_can_bring_a_theme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    """An entry point to a file, as a text or Traversable, is a theme under its own name."""
    name = f"acme_{target.lower()}"
    files = {"__init__.py": MODULE, "brand.toml": BRAND, "logo.bin": (SVG % b"").decode()}
    install(tmp_path, name, {"acme": f"{name}:{target}"}, files)
    monkeypatch.syspath_prepend(tmp_path)
    theme = load_theme("acme")
    assert (theme.name, theme.tokens["color-link"]) == ("acme", "#0f766e")
    assert theme.logo is not None
    (info,) = [info for info in list_themes() if info.name == "acme"]
    assert (info.origin, info.extends, info.description, info.error) == (
        "entry point",
        "light",
        "A brand",
        None,
    )


@pytest.mark.usefixtures("fresh")
def test_a_zipped_package_can_bring_a_theme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A theme and its logo are read from inside a zip file."""
    files = {"__init__.py": MODULE, "brand.toml": BRAND, "logo.bin": (SVG % b"").decode()}
    install(tmp_path / "tree", "acme_zip", {"acme-zip": "acme_zip:THEME"}, files)
    archive = tmp_path / "acme.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in sorted((tmp_path / "tree").rglob("*")):
            zipped.write(path, path.relative_to(tmp_path / "tree"))
    monkeypatch.syspath_prepend(archive)
    theme = load_theme("acme-zip")
    assert theme.logo is not None
    assert theme.logo.media_type == "image/svg+xml"


@pytest.mark.usefixtures("fresh")
def test_broken_plug_ins_are_named_and_hide_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plug-ins that cannot be imported, are no file, or are refused stand in the list as errors."""
    files = {
        "__init__.py": MODULE,
        "brand.toml": BRAND.partition("[logo]")[0],
        "bad.py": "raise RuntimeError('boom')\n",
        "faint.py": "from pathlib import Path\nTHEME = Path(__file__).with_name('faint.toml')\n",
        "faint.toml": 'extends = "light"\n[color]\ntext = "#cccccc"\n',
        "other.py": "from pathlib import Path\nTHEME = Path(__file__).with_name('other.toml')\n",
        "other.toml": 'name = "someone-else"\nextends = "light"\n',
    }
    targets = {
        "b-import": "acme_broken.bad:THEME",
        "b-missing": "acme_broken.nothing:THEME",
        "b-number": "acme_broken:NUMBER",
        "b-faint": "acme_broken.faint:THEME",
        "b-other": "acme_broken.other:THEME",
        "dark": "acme_broken:THEME",
        "works": "acme_broken:THEME",
    }
    install(tmp_path, "acme_broken", targets, files)
    monkeypatch.syspath_prepend(tmp_path)
    infos = {(info.name, info.origin): info for info in list_themes()}
    errors = {key[0] for key, info in infos.items() if info.error}
    assert errors == set(targets) - {"works"}
    assert infos["dark", "bundled"].error is None
    assert infos["works", "entry point"].error is None
    assert load_theme("dark").tokens["color-surface"] == "#0f172a"
    for name in ("b-import", "b-missing", "b-number", "b-faint", "b-other"):
        with pytest.raises(
            InputError, match=name.replace("b-faint", "faint").replace("b-other", "other")
        ):
            load_theme(name)


@pytest.mark.usefixtures("fresh")
def test_plug_ins_in_a_circle_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed theme that extends its own name is refused."""
    files = {"__init__.py": MODULE, "brand.toml": 'extends = "ouroboros"\n'}
    install(tmp_path, "acme_circle", {"ouroboros": "acme_circle:THEME"}, files)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InputError, match="leads back to itself"):
        load_theme("ouroboros")
