"""Each rule lets a good mail pass and complains of the one thing that makes it bad."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import mail_rules as rules
import pytest
from mail_document import Mail

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("Ada Example", "Bo Sparse")
GOOD = """<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>Shortlist: 2 candidates</title>
<!--[if mso]>
<xml><o:OfficeDocumentSettings xmlns:o="urn:schemas-microsoft-com:office:office"><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml>
<style>h1,h2,p,td,th{mso-line-height-rule:exactly}td.word{padding:10px 16px}</style>
<![endif]-->
<style>
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (max-width: 480px) { .frame { padding: 8px !important; } }
@media (prefers-color-scheme: dark) {
.page { background-color: #101418 !important; }
.text, .rule { color: #e6e9ec !important; }
}
[data-ogsb] .page { background-color: #101418 !important; }
[data-ogsc] .text, [data-ogsc] .rule { color: #e6e9ec !important; }
</style>
</head>
<body class="page" bgcolor="#f4f6f8" style="margin:0">
<div class="page" lang="en" dir="ltr" role="article" aria-label="Shortlist">
<div style="display:none;mso-hide:all">Ada Example 92, Bo Sparse 71. Two people who know queues.</div>
<table class="page" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#f4f6f8"><tr><td class="frame" style="padding:24px 12px" align="center">
<!--[if mso]><table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:600px"><tr><td class="text" style="color:#1a1a1a;font-size:16px;line-height:24px">
<img src="cid:logo.png@example.test" width="60" height="20" alt="">
<h1 style="margin:0;font-size:24px;line-height:30px">Data engineer</h1>
<table cellpadding="0" cellspacing="0" border="0">
<tr><th scope="col">Rank</th><th scope="col">Candidate</th></tr>
<tr><td>1</td><th scope="row">Ada Example</th></tr>
<tr><td>2</td><th scope="row">Bo Sparse</th></tr>
</table>
<h2 style="margin:0">1. Ada Example</h2>
<p style="margin:2px 0 0" dir="auto">\u05e2\u05d1\u05d3\u05d4 on queues</p>
<table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr><td class="word" style="border:1px solid #0a66c2;border-radius:6px"><a href="https://www.linkedin.com/in/example" style="display:inline-block;padding:10px 16px;color:#0a66c2">LinkedIn profile</a></td></tr></table>
<h2 style="margin:0">2. Bo Sparse</h2>
<p style="margin:0"><a href="mailto:bo@example.test" style="color:#0a66c2">bo@example.test</a></p>
</td></tr></table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr></table>
</div>
</body>
</html>
"""  # noqa: E501  a document as it is sent
_BUTTON = "display:inline-block;padding:10px 16px"
_DARK = ".page { background-color: #101418 !important; }\n.text"
_TWIN = "[data-ogsb] .page { background-color: #101418 !important; }\n"
_PREHEADER = "Ada Example 92, Bo Sparse 71. Two people who know queues."
_GHOST = '<!--[if mso]><table role="presentation" width="600"'
_SCHEME = '<meta name="color-scheme" content="light dark">\n'
_VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
_CHARSET = '<meta charset="utf-8">\n'

Rule: TypeAlias = "Callable[[Mail], list[str]]"

# A rule, what is changed in the good mail, and what the rule then says.
BAD: dict[str, tuple[Rule, str, str, str]] = {
    "rem": (rules.only_hex_and_px, "font-size:16px", "font-size:1rem", "the unit rem"),
    "points": (rules.only_hex_and_px, "font-size:16px", "font-size:12pt", "the unit pt"),
    "percentage": (rules.only_hex_and_px, "font-size:16px", "font-size:110%", "a percentage"),
    "calc": (rules.only_hex_and_px, "max-width:600px", "max-width:calc(9px)", "calc()"),
    "var": (rules.only_hex_and_px, "color:#1a1a1a", "color:var(--a)", "var()"),
    "custom property": (rules.only_hex_and_px, "color:#1a1a1a", "--a:#1a1a1a", "custom property"),
    "rgba": (rules.only_hex_and_px, "#101418 !", "rgba(0,0,0,.9) !", "rgba()"),
    "hex with alpha": (rules.only_hex_and_px, "#1a1a1a", "#1a1a1a80", "the colour #1a1a1a80"),
    "colour name": (rules.only_hex_and_px, "1px solid #0a66c2", "1px solid navy", "colour navy"),
    "colour attribute": (rules.only_hex_and_px, 'bgcolor="#f4f6f8"', 'bgcolor="#fff"', "bgcolor="),
    "width attribute": (rules.only_hex_and_px, 'width="60"', 'width="60px"', "width=60px"),
    "in Word's sheet": (rules.only_hex_and_px, "padding:10px 16px}", "padding:1em}", "the unit em"),
    "no meta": (rules.color_schemes_are_told, _SCHEME, "", "0 times color-scheme on <meta>"),
    "another scheme": (
        rules.color_schemes_are_told,
        "{ color-scheme: light dark;",
        "{ color-scheme: light;",
        "color-scheme is light and light dark",
    ),
    "nothing on the root": (
        rules.color_schemes_are_told,
        "supported-color-schemes: light dark;",
        "",
        "0 times supported-color-schemes on :root",
    ),
    "no rules for dark": (
        rules.color_schemes_are_told,
        "(prefers-color-scheme: dark)",
        "(prefers-color-scheme: light)",
        "holds no rule",
    ),
    "not important": (
        rules.dark_rules_are_literal,
        _DARK,
        _DARK.replace(" !important", ""),
        ".page has background-color:#101418 for dark",
    ),
    "not literal": (
        rules.dark_rules_are_literal,
        _DARK,
        _DARK.replace("#101418", "black"),
        "line 17: .page has background-color:black",
    ),
    "no twin": (rules.dark_rules_have_twins, _TWIN, "", ".page {background-color:#101418"),
    "another value": (
        rules.dark_rules_have_twins,
        _TWIN,
        _TWIN.replace("#101418", "#000000"),
        "#000000 !important} has no rule for dark",
    ),
    "wrong mark": (
        rules.dark_rules_have_twins,
        _TWIN,
        _TWIN.replace("ogsb", "ogsc"),
        "has no twin below [data-ogsb]",
    ),
    "weak twin": (
        rules.dark_rules_have_twins,
        _TWIN,
        _TWIN.replace(" !important", ""),
        "has no twin below [data-ogsb]",
    ),
    "one of two selectors": (
        rules.dark_rules_have_twins,
        ", [data-ogsc] .rule",
        "",
        ".rule {color:#e6e9ec !important} has no twin below [data-ogsc]",
    ),
    "comment left open": (
        rules.both_readings_are_well_formed,
        "</table><![endif]-->\n</td>",
        "</table>\n</td>",
        "not closed",
    ),
    "comment closed twice": (
        rules.both_readings_are_well_formed,
        "</table><![endif]-->\n</td>",
        "</table><![endif]--><![endif]-->\n</td>",
        "closes nothing",
    ),
    "comment in a comment": (
        rules.both_readings_are_well_formed,
        "<![endif]-->\n</td>",
        "<!--[if mso]><![endif]-->\n</td>",
        "inside a comment that hides",
    ),
    "comment that shows": (
        rules.both_readings_are_well_formed,
        "<h1",
        "<![if !mso]><h1",
        "is no comment",
    ),
    "half a ghost table": (
        rules.both_readings_are_well_formed,
        "<!--[if mso]></td></tr></table><![endif]-->",
        "<!--[if mso]></td></tr><![endif]-->",
        "</td> closes <table>",
    ),
    "unclosed element": (
        rules.both_readings_are_well_formed,
        "</h1>",
        "",
        "closes <h1>",
    ),
    "repeated attribute": (
        rules.both_readings_are_well_formed,
        "<h1 ",
        "<h1 style='' ",
        "<h1> repeats style",
    ),
    "no ghost table": (
        rules.word_has_a_ghost_table,
        _GHOST,
        _GHOST.replace("600", "100%"),
        "<h1> is in no table of a fixed width",
    ),
    "text beside it": (
        rules.word_has_a_ghost_table,
        "</div>\n</body>",
        "<p>x</p></div>\n</body>",
        "<p> is in no table",
    ),
    "padding of a block": (
        rules.padding_is_on_cells,
        "<h1 style=",
        "<h1 style='padding:0 0 4px' title=",
        "<h1> has a padding of 0 0 4px 0",
    ),
    "button without twin": (
        rules.padding_is_on_cells,
        "td.word{padding:10px 16px}",
        "",
        "<a> has a padding of 10px 16px",
    ),
    "twin of another size": (
        rules.padding_is_on_cells,
        "td.word{padding:10px 16px}",
        "td.word{padding:10px 12px}",
        "<a> has a padding of 10px 16px",
    ),
    "button that is not drawn": (
        rules.padding_is_on_cells,
        "border:1px solid #0a66c2;",
        "",
        "<a> has a padding",
    ),
    "loose line height": (
        rules.line_heights_are_exact,
        "h1,h2,p,td,th{mso",
        "h1,h2,p,th{mso",
        "<td> has a line-height without mso-line-height-rule",
    ),
    "line height as a factor": (
        rules.line_heights_are_exact,
        "line-height:30px",
        "line-height:1.25",
        "<h1> has a line-height of 1.25",
    ),
    "120 pixels per inch": (
        rules.word_counts_96_pixels_per_inch,
        ">96<",
        ">120<",
        "does not tell Word",
    ),
    "settings for all": (
        rules.word_counts_96_pixels_per_inch,
        "<!--[if mso]>\n<xml>",
        "<!--[if mso]><![endif]-->\n<xml>",
        "does not tell Word",
    ),
    "settings of no namespace": (
        rules.word_counts_96_pixels_per_inch,
        ' xmlns:o="urn:schemas-microsoft-com:office:office"',
        "",
        "does not tell Word",
    ),
    "no settings": (
        rules.word_counts_96_pixels_per_inch,
        "<o:PixelsPerInch>96</o:PixelsPerInch>",
        "",
        "no <o:PixelsPerInch>",
    ),
    "a dot": (
        rules.decoration_is_only_decoration,
        "<h1",
        '<div style="border-radius:50px"></div><h1',
        "<div> is nothing but a shape",
    ),
    "picture behind": (
        rules.decoration_is_only_decoration,
        "color:#1a1a1a",
        "background:url(a.png)",
        "<td> has a picture behind it",
    ),
    "background attribute": (
        rules.decoration_is_only_decoration,
        '<td class="text"',
        '<td class="text" background="a.png"',
        "<td> has a picture behind it",
    ),
    "no role": (
        rules.layout_tables_are_presentation,
        '<table role="presentation" width="100%" cellpadding',
        '<table width="100%" cellpadding',
        "<table> has neither header cells nor role=presentation",
    ),
    "no role for Word": (
        rules.layout_tables_are_presentation,
        _GHOST,
        _GHOST.replace('role="presentation" ', ""),
        "<table> has neither header cells nor role=presentation",
    ),
    "spaces for Word": (
        rules.layout_tables_are_presentation,
        f'{_GHOST} cellpadding="0" cellspacing="0"',
        f'{_GHOST} cellpadding="0"',
        "<table> has no cellspacing=0",
    ),
    "data as layout": (
        rules.layout_tables_are_presentation,
        '<table cellpadding="0"',
        '<table role="presentation" cellpadding="0"',
        "<th> in a table for layout",
    ),
    "no scope": (
        rules.data_tables_have_scopes,
        '<th scope="row">Ada',
        "<th>Ada",
        "<th> has no scope",
    ),
    "a cell too few": (
        rules.data_tables_have_scopes,
        "<td>2</td>",
        "",
        "<table> has rows of [1, 2] cells",
    ),
    "skipped level": (
        rules.headings_skip_no_level,
        '<h2 style="margin:0">1. Ada Example</h2>',
        '<h3 style="margin:0">1. Ada Example</h3>',
        "<h3> follows <h1>",
    ),
    "empty heading": (rules.headings_skip_no_level, "1. Ada Example</h2>", "</h2>", "is empty"),
    "no language": (
        rules.language_is_told_in_the_body_too,
        '<div class="page" lang="en" dir="ltr"',
        '<div class="page" dir="ltr"',
        "<div> has no lang",
    ),
    "no language at all": (
        rules.language_is_told_in_the_body_too,
        '<html lang="en"',
        "<html",
        "<html> has no lang",
    ),
    "another direction": (
        rules.language_is_told_in_the_body_too,
        '<div class="page" lang="en" dir="ltr"',
        '<div class="page" lang="en" dir="rtl"',
        "<div> has another dir than <html>",
    ),
    "beside the wrapper": (
        rules.language_is_told_in_the_body_too,
        "</div>\n</body>",
        "</div><p>x</p>\n</body>",
        "<body> has more than one element",
    ),
    "from the right": (
        rules.right_to_left_text_has_a_direction,
        ' dir="auto"',
        "",
        "<p> has text from the right, but dir=ltr",
    ),
    "isolated only": (
        rules.right_to_left_text_has_a_direction,
        "bo@example.test</a>",
        "<bdi>\u0646\u0648\u0631</bdi></a>",
        "<bdi> has text from the right, but dir=ltr",
    ),
    "http": (rules.images_can_be_shown, "cid:", "http://e.test/", "of the scheme 'http'"),
    "data": (rules.images_can_be_shown, "cid:logo", "data:image/png,", "of the scheme 'data'"),
    "svg": (rules.images_can_be_shown, "logo.png@", "logo.svg@", "of a format"),
    "no alt": (rules.images_can_be_shown, ' alt=""', "", "<img> has no alt"),
    "no height": (rules.images_can_be_shown, ' height="20"', "", "<img> has no height"),
    "fluid": (rules.images_can_be_shown, 'width="60"', 'width="100%"', "<img> has no width in"),
    "srcset": (rules.images_can_be_shown, ' alt=""', ' alt="" srcset="a.png"', "has a srcset"),
    "short preheader": (
        rules.preheader_comes_first,
        _PREHEADER,
        "Two candidates",
        "a preheader of 14 characters",
    ),
    "long preheader": (
        rules.preheader_comes_first,
        _PREHEADER,
        "Ada " * 51,
        "a preheader of 203 characters",
    ),
    "shown preheader": (
        rules.preheader_comes_first,
        "display:none;mso-hide:all",
        "display:none",
        "is not hidden",
    ),
    "late preheader": (
        rules.preheader_comes_first,
        '<div style="display:none',
        '<p>x</p><div style="display:none',
        "<p> comes first and is not hidden",
    ),
    "filled preheader": (
        rules.preheader_comes_first,
        "know queues.",
        "know queues. \u200c\u00a0",
        "filled up with invisible",
    ),
    "script": (rules.nothing_is_active_or_remote, "<h1", "<script></script><h1", "<script> is"),
    "form": (rules.nothing_is_active_or_remote, "<h1", "<form></form><h1", "<form> is active"),
    "frame for Word": (
        rules.nothing_is_active_or_remote,
        "<!--[if mso]></td>",
        "<!--[if mso]><iframe></iframe></td>",
        "<iframe> is active",
    ),
    "event": (rules.nothing_is_active_or_remote, "<h1", "<h1 onclick='x'", "<h1> has onclick"),
    "javascript": (
        rules.nothing_is_active_or_remote,
        "https://www",
        "javascript:www",
        "a link of the scheme 'javascript'",
    ),
    "http link": (
        rules.nothing_is_active_or_remote,
        "https://www",
        "http://www",
        "a link of the scheme 'http'",
    ),
    "refresh": (
        rules.nothing_is_active_or_remote,
        _VIEWPORT,
        '<meta http-equiv="refresh" content="1">',
        "<meta> leads elsewhere",
    ),
    "url in a style": (
        rules.nothing_is_active_or_remote,
        "color:#1a1a1a",
        "background:url(https://e.test/a)",
        "<td> loads something",
    ),
    "import": (
        rules.nothing_is_active_or_remote,
        ":root {",
        "@import 'a.css'; :root {",
        "line 14: @import",
    ),
    "font": (
        rules.nothing_is_active_or_remote,
        ":root {",
        "@font-face{src:url(a)} :root {",
        "@font-face",
    ),
    "no doctype": (
        rules.head_is_in_order,
        "<!DOCTYPE html>",
        "<!DOCTYPE html PUBLIC 'x'>",
        "does not begin with",
    ),
    "late charset": (
        rules.head_is_in_order,
        _CHARSET + _VIEWPORT,
        _VIEWPORT + _CHARSET,
        "has the order viewport, charset",
    ),
    "far charset": (
        rules.head_is_in_order,
        "<head>\n",
        f"<head>\n<!-- {'x' * 1000} -->",
        "not end within 1,024",
    ),
    "latin": (rules.head_is_in_order, '"utf-8"', '"latin-1"', "<meta> is not utf-8"),
    "no viewport": (rules.head_is_in_order, _VIEWPORT, "", "has 0 viewport"),
    "late scheme": (
        rules.head_is_in_order,
        f"{_VIEWPORT}{_SCHEME}",
        f"{_SCHEME}{_VIEWPORT}",
        "has the order charset, color-scheme",
    ),
    "empty title": (rules.head_is_in_order, "Shortlist: 2 candidates<", "<", "<title> is empty"),
    "two styles": (
        rules.style_is_one_and_clean,
        "</head>",
        "<style>a{color:#000}</style></head>",
        "2 style elements",
    ),
    "big style": (
        rules.style_is_one_and_clean,
        ":root {",
        "a{color:#000}" * 700 + ":root {",
        "<style> has 9",
    ),
    "style in the body": (
        rules.style_is_one_and_clean,
        "<h1",
        "<style>a{color:#000}</style><h1",
        "<style> is not in the head",
    ),
    "nested at-rule": (
        rules.style_is_one_and_clean,
        "@media (max-width: 480px) {",
        "@media screen { @media (max-width: 480px) {} ",
        "@media (max-width: 480px) is nested",
    ),
    "nested rule": (
        rules.style_is_one_and_clean,
        ":root {",
        ".a { .b { color:#000 } } :root {",
        ".b is nested",
    ),
    "stray declaration": (
        rules.style_is_one_and_clean,
        ":root { color-scheme",
        ":root { color; color-scheme",
        "line 14: <style>",
    ),
    "missing brace": (
        rules.style_is_one_and_clean,
        "#e6e9ec !important; }\n</style>",
        "#e6e9ec !important;\n</style>",
        "unbalanced braces",
    ),
    "error in an attribute": (
        rules.style_is_one_and_clean,
        "font-size:16px",
        "font-size 16px",
        "<td> has a style with an error",
    ),
    "error in Word's sheet": (
        rules.style_is_one_and_clean,
        "td.word{padding:10px 16px}",
        "td.word{padding}",
        "line 11: <style>",
    ),
}


def _changed(old: str, new: str) -> Mail:
    assert old in GOOD
    return Mail(GOOD.replace(old, new, 1))


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_a_good_mail_passes(rule: Callable[[Mail], list[str]]) -> None:
    """No rule has anything against a mail that keeps to all of them."""
    assert rule(Mail(GOOD)) == []


def test_every_rule_is_tried() -> None:
    """There is a bad mail for each rule."""
    assert {rule for rule, *_ in BAD.values()} == set(rules.RULES)


@pytest.mark.parametrize("case", BAD)
def test_a_bad_mail_is_complained_of(case: str) -> None:
    """The rule names what is wrong and the line that it is in."""
    rule, old, new, expected = BAD[case]
    complaints = rule(_changed(old, new))
    assert any(expected in complaint for complaint in complaints), complaints
    assert all(complaint.startswith("line ") for complaint in complaints)


def test_candidates_are_found_by_their_headings() -> None:
    """Each candidate has an h2 with the name; without any, headers of rows do."""
    good = Mail(GOOD)
    assert rules.candidates_have_headings(good, NAMES) == []
    assert rules.candidates_have_headings(good, NAMES[:1]) == [
        "line 1: 2 headings for 1 candidates"
    ]
    assert rules.candidates_have_headings(good, NAMES[::-1]) != []
    rows = Mail(GOOD.replace("<h2", "<p").replace("</h2>", "</p>"))
    assert rules.candidates_have_headings(rows, NAMES) == []
    assert rules.candidates_have_headings(rows, ("Ada Example", "Cy Other")) != []


def test_a_complaint_names_line_and_element() -> None:
    """Lines are those of the source also behind comments that another reader does not see."""
    complaints = rules.images_can_be_shown(_changed(' alt=""', ""))
    line = GOOD.splitlines().index(next(row for row in GOOD.splitlines() if "<img" in row)) + 1
    assert complaints == [f"line {line}: <img> has no alt"]


def test_a_button_padded_by_an_alternative_is_one_for_word() -> None:
    """Instead of a rule for Word, the cell may give it the padding by mso-padding-alt."""
    mail = _changed("border-radius:6px", "border-radius:6px;mso-padding-alt:10px 16px")
    assert rules.padding_is_on_cells(mail) == []
    without_rule = GOOD.replace("td.word{padding:10px 16px}", "")
    twin = without_rule.replace("border-radius:6px", "border-radius:6px;mso-padding-alt:10px 16px")
    assert rules.padding_is_on_cells(Mail(twin)) == []
    other = twin.replace("mso-padding-alt:10px 16px", "mso-padding-alt:0")
    assert rules.padding_is_on_cells(Mail(other)) != []
