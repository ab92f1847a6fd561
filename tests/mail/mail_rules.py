"""What the HTML part of a mail has to keep to: each rule returns its complaints.

Numbers in brackets are those of the requirements in our study of mail clients. A complaint names
the line and the element or selector. Rules look at both readings of a mail: Word's, in which the
conditional comments are open, and everybody else's.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from mail_cascade import (
    CELLS,
    box_sides,
    declarations,
    own_style,
    paragraphs,
    value_of,
    word_gives_the_padding,
)
from mail_css import AtRule, color_of, every_token, parse_sheet, parse_style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mail_css import Declaration, Node, Rule, Selector, Sheet
    from mail_document import Element, Mail, StyleElement, View

MAX_STYLE_BYTES: Final = 8 * 1024
CHARSET_WITHIN_BYTES: Final = 1024
MAX_GHOST_WIDTH: Final = 700
PREHEADER_CHARACTERS: Final = range(20, 201)
PIXELS_PER_INCH: Final = "96"

_COLORED: Final = re.compile(r".*color|background|border.*|outline|text-decoration|.*-shadow")
_HEX: Final = re.compile("[0-9a-fA-F]{3}|[0-9a-fA-F]{6}")
# A share of the room there is; the last one is a switch, "as it is".
_IN_PERCENT: Final = frozenset(("width", "max-width", "min-width", "-webkit-text-size-adjust"))
_GROUND_MARK, _COLOR_MARK = "data-ogsb", "data-ogsc"
_ACTIVE: Final = frozenset(
    (
        *("applet", "audio", "base", "button", "embed", "form", "frame", "frameset", "iframe"),
        *("input", "link", "math", "object", "script", "select", "svg", "template", "textarea"),
        "video",
    )
)
_PICTURES: Final = frozenset((".svg", ".svgz", ".webp"))
_FILLER: Final = re.compile("[\u00a0\u00ad\u034f\u200b-\u200d\u2007\u2060\ufeff]")
_RIGHT_TO_LEFT: Final = frozenset(("R", "AL"))


def _at(element: Element, complaint: str) -> str:
    return f"line {element.line}: {element} {complaint}"


def _views(mail: Mail) -> tuple[View, View]:
    return (mail.seen, mail.word)


def _once(complaints: Iterable[str]) -> list[str]:
    """Return complaints without those that both readings give."""
    return list(dict.fromkeys(complaints))


def _sheets(mail: Mail) -> Iterator[tuple[StyleElement, Sheet]]:
    """Yield every style element once, those for Word alone too."""
    seen = {style.element.offset for style in mail.seen.styles}
    alone = [style for style in mail.word.styles if style.element.offset not in seen]
    for style in (*mail.seen.styles, *alone):
        yield style, parse_sheet(style.text)


def _every_declaration(mail: Mail) -> Iterator[tuple[str, Declaration]]:
    """Yield each declaration of the mail with the place that a complaint names."""
    for view in _views(mail):
        for element in view.elements:
            for declaration in own_style(element):
                yield f"line {element.line}: {element}", declaration
    for style, sheet in _sheets(mail):
        for rule in _all_rules(sheet):
            for declaration in rule.declarations:
                line = style.line + declaration.line - 1
                yield f"line {line}: {rule}", declaration


def _all_rules(sheet: Sheet) -> Iterator[Rule | AtRule]:
    yield from sheet.rules
    yield from sheet.at_rules


# [3] Values.


def only_hex_and_px(mail: Mail) -> list[str]:
    """Colours are ``#rgb`` or ``#rrggbb``, lengths are px, and nothing is left to be computed."""
    found = [
        f"{place} has {token} in {declaration}"
        for place, declaration in _every_declaration(mail)
        for token in _computed(declaration)
    ]
    for view in _views(mail):
        for element in view.elements:
            for name, pattern in _ATTRIBUTE_VALUES.items():
                value = element.attributes.get(name)
                if value is not None and not pattern.fullmatch(value):
                    found.append(_at(element, f"has {name}={value}"))
    return _once(found)


_ATTRIBUTE_VALUES: Final = {
    "bgcolor": re.compile("#[0-9a-fA-F]{6}"),
    "width": re.compile("[0-9]+%?"),
    "height": re.compile("[0-9]+%?"),
}


def _computed(declaration: Declaration) -> Iterator[str]:
    name = declaration.name
    if name.startswith("--"):
        yield "a custom property"
    for token in declaration.every_token():
        if token.type == "function":
            yield f"{token.name}()"
        elif token.type == "dimension" and token.lower_unit != "px":
            yield f"the unit {token.unit}"
        elif token.type == "percentage" and name not in _IN_PERCENT:
            yield "a percentage"
        elif token.type == "hash" and not _is_hex(token):
            yield f"the colour #{token.value}"
        elif token.type == "ident" and _COLORED.fullmatch(name) and color_of(token) is not None:
            yield f"the colour {token.value}"


def _is_hex(token: Node) -> bool:
    return token.type == "hash" and bool(_HEX.fullmatch(token.value))


# [5] Dark.


def color_schemes_are_told(mail: Mail) -> list[str]:
    """Two metas and the root name the same schemes, and a mail that has two has rules for dark."""
    metas = {
        name: [
            element.attributes.get("content", "")
            for element in mail.seen.elements
            if element.tag == "meta" and element.attributes.get("name") == name
        ]
        for name in ("color-scheme", "supported-color-schemes")
    }
    on_root = {
        name: [
            declaration.value
            for _, sheet in _sheets(mail)
            for rule in sheet.rules
            if str(rule) == ":root"
            for declaration in rule.declarations
            if declaration.name == name
        ]
        for name in metas
    }
    found = [
        f"line 1: {len(values)} times {name} on {place}"
        for place, told in (("<meta>", metas), (":root", on_root))
        for name, values in told.items()
        if len(values) != 1
    ]
    schemes = {value for told in (metas, on_root) for values in told.values() for value in values}
    if len(schemes) > 1 or not schemes <= {"light dark", "dark light", "dark", "light"}:
        found.append(f"line 1: color-scheme is {' and '.join(sorted(schemes))}")
    if "dark" in "".join(schemes) and not _dark_rules(mail):
        found.append("line 1: @media (prefers-color-scheme: dark) holds no rule")
    return found


def _is_dark(rule: Rule) -> bool:
    return any(
        re.fullmatch(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)", around.prelude.lower())
        for around in rule.around
    )


def _dark_rules(mail: Mail) -> list[tuple[int, Selector, Declaration]]:
    """Return what is declared for dark: line, selector and declaration."""
    return [
        (style.line + declaration.line - 1, selector, declaration)
        for style, sheet in _sheets(mail)
        for rule in sheet.rules
        if _is_dark(rule)
        for selector in rule.selectors
        for declaration in rule.declarations
    ]


def dark_rules_are_literal(mail: Mail) -> list[str]:
    """What is declared for dark is one literal colour, important against the style attribute."""
    return [
        f"line {line}: {selector.text} has {declaration} for dark"
        for line, selector, declaration in _dark_rules(mail)
        if not declaration.important
        or not declaration.tokens
        or not all(map(_is_hex, declaration.tokens))
    ]


def dark_rules_have_twins(mail: Mail) -> list[str]:
    """Each rule for dark stands again for Outlook.com's marks, with the same value.

    ``[data-ogsb]`` stands around grounds that it changed, ``[data-ogsc]`` around colours.
    """
    wanted = {
        (selector.text, _mark(declaration), declaration.name, declaration.value): (
            f"line {line}: {selector.text} {{{declaration}}}"
            f" has no twin below [{_mark(declaration)}]"
        )
        for line, selector, declaration in _dark_rules(mail)
    }
    twins = {
        (text, mark, declaration.name, declaration.value): (
            f"line {style.line + declaration.line - 1}: {selector.text} {{{declaration}}}"
            + ("" if declaration.important else " is not important and")
            + " has no rule for dark"
        )
        for style, sheet in _sheets(mail)
        for rule in sheet.rules
        if not rule.around
        for selector in rule.selectors
        for mark, text in _below_mark(selector)
        for declaration in rule.declarations
    }
    important = {key for key, text in twins.items() if "is not important" not in text}
    return [
        *(text for key, text in wanted.items() if key not in important),
        *(text for key, text in twins.items() if key not in wanted),
    ]


def _mark(declaration: Declaration) -> str:
    return _GROUND_MARK if declaration.name.startswith("background") else _COLOR_MARK


def _below_mark(selector: Selector) -> Iterator[tuple[str, str]]:
    """Yield the mark and the rest of a selector that begins with one."""
    found = re.fullmatch(rf"\[({_GROUND_MARK}|{_COLOR_MARK})\] (.+)", selector.text)
    if found:
        yield found[1], found[2]


# [8] Word.


def both_readings_are_well_formed(mail: Mail) -> list[str]:
    """Conditional comments are balanced, and with them open or shut every element is closed."""
    return _once((*mail.complaints, *(text for view in _views(mail) for text in view.complaints)))


def word_has_a_ghost_table(mail: Mail) -> list[str]:
    """Whatever is shown stands, for Word, in a table of a fixed width that only Word sees."""
    body = mail.word.first("body")
    if body is None:
        return ["line 1: no <body>"]
    return _once(
        _at(element, "is in no table of a fixed width for Word")
        for element, _ in body.words()
        if not any(_is_ghost(mail, around) for around in element.above())
        and not _is_hidden(element)
    )


def _is_ghost(mail: Mail, element: Element) -> bool:
    width = element.attributes.get("width", "")
    return (
        element.tag == "table"
        and mail.only_for_word(element)
        and width.isdecimal()
        and 0 < int(width) <= MAX_GHOST_WIDTH
    )


def _is_hidden(element: Element) -> bool:
    values = {declaration.name: declaration.value for declaration in own_style(element)}
    return values.get("display") == "none" and values.get("mso-hide") == "all"


def padding_is_on_cells(mail: Mail) -> list[str]:
    """For Word only cells have padding, save links whose cell has it in their place.

    See `mail_cascade.word_gives_the_padding`.
    """
    view = mail.word
    found: list[str] = []
    for element in view.elements:
        sides = box_sides(declarations(view, element))
        if (
            set(sides) != {"0"}
            and element.tag not in CELLS
            and not word_gives_the_padding(view, element)
        ):
            found.append(_at(element, f"has a padding of {' '.join(sides)}, which Word drops"))
    return found


def line_heights_are_exact(mail: Mail) -> list[str]:
    """Where a line height is set, in px, Word is told to keep to it exactly.

    Telling it once is enough: a rule for paragraphs and cells in a style element for Word alone
    counts like a declaration in each of them, and costs no byte per candidate.
    """
    view = mail.word
    found: list[str] = []
    for element in view.elements:
        height = value_of(view, element, "line-height")
        if height and not re.fullmatch(r"[1-9]\d*px", height):
            found.append(_at(element, f"has a line-height of {height}"))
        if height and any(
            value_of(view, part, "mso-line-height-rule") != "exactly"
            for part in paragraphs(element)
        ):
            found.append(_at(element, "has a line-height without mso-line-height-rule:exactly"))
    return found


def word_counts_96_pixels_per_inch(mail: Mail) -> list[str]:
    """A comment in the head tells Word that 96 px are an inch, whatever the screen's scale."""
    for element in mail.word.elements:
        if element.tag != "o:pixelsperinch":
            continue
        around = list(element.above())
        if (
            element.text() == PIXELS_PER_INCH
            and mail.only_for_word(element)
            and "o:officedocumentsettings" in {part.tag for part in around}
            and "head" in {part.tag for part in around}
            and any("xmlns:o" in part.attributes for part in around)
        ):
            return []
        return [_at(element, "does not tell Word that 96 px are an inch")]
    return ["line 1: no <o:PixelsPerInch> for Word"]


def decoration_is_only_decoration(mail: Mail) -> list[str]:
    """Round corners draw no shape of their own, and no picture lies behind anything."""
    found = [
        f"{place} has a picture behind it: {declaration}"
        for place, declaration in _every_declaration(mail)
        if declaration.name.startswith("background")
        and (declaration.name == "background-image" or "(" in declaration.value)
    ]
    for element in mail.seen.elements:
        if "background" in element.attributes:
            found.append(_at(element, "has a picture behind it"))
        if (
            value_of(mail.seen, element, "border-radius")
            and not element.text()
            and not element.find("img")
        ):
            found.append(_at(element, "is nothing but a shape with round corners"))
    return _once(found)


# [9] Tables and headings.


def layout_tables_are_presentation(mail: Mail) -> list[str]:
    """A table without header cells says that it is none and has no spaces or borders of its own."""
    found: list[str] = []
    for table in _tables(mail):
        if table.attributes.get("role") != "presentation":
            if not _own(table, "th"):
                found.append(_at(table, "has neither header cells nor role=presentation"))
            continue
        found += [
            _at(table, f"has no {name}=0")
            for name in ("cellpadding", "cellspacing", "border")
            if table.attributes.get(name) != "0"
        ]
        found += [_at(cell, "in a table for layout") for cell in _own(table, "th", "caption")]
    return _once(found)


def data_tables_have_scopes(mail: Mail) -> list[str]:
    """Each header cell of a table of data says what it heads, and each row has as many cells."""
    found: list[str] = []
    for table in _tables(mail):
        if table.attributes.get("role") == "presentation":
            continue
        found += [
            _at(cell, "has no scope")
            for cell in _own(table, "th")
            if cell.attributes.get("scope") not in {"col", "row", "colgroup", "rowgroup"}
        ]
        widths = {
            sum(int(cell.attributes.get("colspan", "1")) for cell in row.children)
            for row in _own(table, "tr")
        }
        if len(widths) > 1:
            found.append(_at(table, f"has rows of {sorted(widths)} cells"))
    return _once(found)


def _tables(mail: Mail) -> Iterator[Element]:
    for view in _views(mail):
        yield from (element for element in view.elements if element.tag == "table")


def _own(table: Element, *tags: str) -> list[Element]:
    """Return what belongs to a table itself, not to one inside it."""
    return [
        part
        for part in table.find(*tags)
        if next((around for around in part.above() if around.tag == "table"), None) is table
    ]


def headings_skip_no_level(mail: Mail) -> list[str]:
    """There is a heading, none is empty, and each is at most one level below the one before."""
    headings = [part for part in mail.seen.elements if re.fullmatch("h[1-6]", part.tag)]
    found = [] if headings else ["line 1: no heading"]
    found += [_at(heading, "is empty") for heading in headings if not heading.text()]
    return found + [
        _at(heading, f"follows {before}")
        for before, heading in pairwise(headings)
        if heading.tag > f"h{int(before.tag[1]) + 1}"
    ]


def candidates_have_headings(mail: Mail, names: Sequence[str]) -> list[str]:
    """Each candidate's name is an ``<h2>``, in order, or heads a row of a table of all of them."""
    headings = [part for part in mail.seen.elements if part.tag == "h2"]
    if not headings:
        headings = [
            part
            for part in mail.seen.elements
            if part.tag == "th" and part.attributes.get("scope") == "row"
        ]
    found = [
        _at(heading, f"is not the heading of {name}")
        for heading, name in zip(headings, names, strict=False)
        if " ".join(name.split()) not in heading.text()
    ]
    if len(headings) != len(names):
        found.append(f"line 1: {len(headings)} headings for {len(names)} candidates")
    return found


# [10] Language and direction.


def language_is_told_in_the_body_too(mail: Mail) -> list[str]:
    """The root and one element around everything in the body tell language and direction."""
    root, body = mail.seen.first("html"), mail.seen.first("body")
    if root is None or body is None:
        return ["line 1: no <html> with <body>"]
    found: list[str] = []
    for element in (root, *body.children[:1]):
        for name in ("lang", "dir"):
            if not element.attributes.get(name):
                found.append(_at(element, f"has no {name}"))
            elif element.attributes[name] != root.attributes.get(name):
                found.append(_at(element, f"has another {name} than <html>"))
    if len(body.children) != 1 or any(element is body for element, _ in body.words()):
        found.append(_at(body, "has more than one element in it"))
    return found


def right_to_left_text_has_a_direction(mail: Mail) -> list[str]:
    """Text that begins from the right stands in an element whose ``dir`` lets it.

    ``<bdi>`` does not count: most clients drop it.
    """
    body = mail.seen.first("body")
    found: list[str] = []
    for element, text in body.words() if body else ():
        if _strong_direction(text) in _RIGHT_TO_LEFT:
            around = (element, *element.above())
            given = next((p.attributes["dir"] for p in around if "dir" in p.attributes), "")
            if given not in {"rtl", "auto"}:
                found.append(_at(element, f"has text from the right, but dir={given or 'nothing'}"))
    return found


def _strong_direction(text: str) -> str:
    kinds = map(unicodedata.bidirectional, text)
    return next((kind for kind in kinds if kind in {"L", *_RIGHT_TO_LEFT}), "")


# [11] Images.


def images_can_be_shown(mail: Mail) -> list[str]:
    """Images come by https or with the message, have a text and their size, and are no drawings."""
    found: list[str] = []
    for view in _views(mail):
        for element in view.elements:
            if element.tag in {"picture", "source", "v:fill", "v:imagedata"}:
                found.append(_at(element, "is a picture that not every client shows"))
            if element.tag != "img":
                continue
            attributes = element.attributes
            source = urlsplit(attributes.get("src", ""))
            if source.scheme not in {"https", "cid"}:
                found.append(_at(element, f"has a source of the scheme {source.scheme!r}"))
            if any(source.path.lower().split("@")[0].endswith(end) for end in _PICTURES):
                found.append(_at(element, "is of a format that not every client shows"))
            if "alt" not in attributes:
                found.append(_at(element, "has no alt"))
            found += [
                _at(element, f"has no {name} in numbers")
                for name in ("width", "height")
                if not re.fullmatch("[1-9][0-9]*", attributes.get(name, ""))
            ]
            if "srcset" in attributes:
                found.append(_at(element, "has a srcset"))
    return _once(found)


# [12] Preheader.


def preheader_comes_first(mail: Mail) -> list[str]:
    """The first thing in the wrapper is a hidden line of content of 20 to 200 characters."""
    body = mail.seen.first("body")
    wrapper = body.children[0] if body and body.children else None
    if wrapper is None or not wrapper.children:
        return ["line 1: no preheader"]
    line = wrapper.children[0]
    found: list[str] = []
    if not _is_hidden(line):
        found.append(_at(line, "comes first and is not hidden by display:none and mso-hide:all"))
    if next(iter(wrapper.words()), (line, ""))[0] is not line or line.children:
        found.append(_at(line, "is not the first text, or is more than text"))
    if len(line.text()) not in PREHEADER_CHARACTERS:
        found.append(_at(line, f"is a preheader of {len(line.text())} characters"))
    if _FILLER.search(line.text()):
        found.append(_at(line, "is filled up with invisible characters"))
    return found


# [18] Nothing active or remote.


def nothing_is_active_or_remote(mail: Mail) -> list[str]:
    """No script, form, frame or style is loaded or run, and links lead to https or an address."""
    found: list[str] = []
    for view in _views(mail):
        for element in view.elements:
            found += [_at(element, complaint) for complaint in _activity(element)]
    found += [
        f"{place} loads something: {declaration}"
        for place, declaration in _every_declaration(mail)
        if _loads(declaration.tokens)
    ]
    found += [
        f"line {style.line + rule.line - 1}: {rule} loads something"
        for style, sheet in _sheets(mail)
        for rule in sheet.at_rules
        if rule.name in {"import", "font-face", "namespace"} or _loads(rule.tokens)
    ]
    return _once(found)


def _loads(tokens: Iterable[Node]) -> bool:
    names = {"url", "src", "image", "image-set", "-webkit-image-set", "cross-fade", "expression"}
    return any(
        token.type == "url" or (token.type == "function" and token.lower_name in names)
        for token in every_token(tokens)
    )


def _activity(element: Element) -> Iterator[str]:
    if element.tag in _ACTIVE:
        yield "is active or loads something"
    for name, value in element.attributes.items():
        if name.startswith("on"):
            yield f"has {name}"
        if name in {"href", "action", "formaction", "ping", "data", "longdesc"}:
            scheme = value.strip().lower().partition(":")[0]
            if scheme not in {"https", "mailto"}:
                yield f"has a link of the scheme {scheme!r}"
        if re.match(r"\s*(javascript|vbscript|data|file)\s*:", value.lower()) and name != "src":
            yield f"has {name}={value[:20]}"
    if element.tag == "meta" and element.attributes.get("http-equiv", "").lower() == "refresh":
        yield "leads elsewhere by itself"


# [19] Head and style.


def head_is_in_order(mail: Mail) -> list[str]:
    """Doctype, character set within 1,024 bytes, viewport, colour scheme and title, in order."""
    found: list[str] = []
    if not re.match(r"<!DOCTYPE html>", mail.source, re.IGNORECASE):
        found.append("line 1: does not begin with <!DOCTYPE html>")
    head = mail.seen.first("head")
    if head is None:
        return [*found, "line 1: no <head>"]
    names = [_head_name(element) for element in head.children]
    wanted = ("charset", "viewport", "color-scheme", "title")
    found += [
        _at(head, f"has {names.count(name)} {name}") for name in wanted if names.count(name) != 1
    ]
    order = [name for name in names if name in wanted]
    if order != sorted(order, key=wanted.index) or names[:1] != ["charset"]:
        found.append(_at(head, f"has the order {', '.join(order)}"))
    for element in head.children:
        if _head_name(element) == "charset":
            end = mail.source.find(">", element.offset) + 1
            if len(mail.source[:end].encode()) > CHARSET_WITHIN_BYTES:
                found.append(_at(element, "does not end within 1,024 bytes"))
            if element.attributes["charset"].lower() != "utf-8":
                found.append(_at(element, "is not utf-8"))
        if element.tag == "title" and not element.text():
            found.append(_at(element, "is empty"))
    return found


def _head_name(element: Element) -> str:
    if element.tag == "meta":
        return "charset" if "charset" in element.attributes else element.attributes.get("name", "")
    return element.tag


def style_is_one_and_clean(mail: Mail) -> list[str]:
    """There is one style element for all, in the head, small, and CSS is free of errors.

    Gmail drops a sheet as a whole for one error or one at-rule inside another.
    """
    styles = mail.seen.styles
    found = [] if len(styles) == 1 else [f"line 1: {len(styles)} style elements"]
    for style in styles:
        size = len(style.text.encode())
        if size >= MAX_STYLE_BYTES:
            found.append(_at(style.element, f"has {size} bytes"))
        if not any(around.tag == "head" for around in style.element.above()):
            found.append(_at(style.element, "is not in the head"))
    for style, sheet in _sheets(mail):
        first = style.line - 1
        found += [f"line {first + line}: <style> {message}" for line, message in sheet.errors]
        if "<" in style.text or style.text.count("{") != style.text.count("}"):
            found.append(_at(style.element, "has unbalanced braces or a tag"))
        found += [
            f"line {first + rule.line}: {rule} is nested"
            for rule in _all_rules(sheet)
            if _too_deep(rule)
        ]
    for view in _views(mail):
        for element in view.elements:
            errors = parse_style(element.attributes.get("style", ""))[1]
            found += [_at(element, f"has a style with an error: {text}") for text in errors]
    return _once(found)


def _too_deep(rule: Rule | AtRule) -> bool:
    """A rule may stand in one at-rule, an at-rule in none."""
    if isinstance(rule, AtRule):
        return bool(rule.around)
    return rule.nested or len(rule.around) > 1


RULES: Final[tuple[Callable[[Mail], list[str]], ...]] = (
    only_hex_and_px,
    color_schemes_are_told,
    dark_rules_are_literal,
    dark_rules_have_twins,
    both_readings_are_well_formed,
    word_has_a_ghost_table,
    padding_is_on_cells,
    line_heights_are_exact,
    word_counts_96_pixels_per_inch,
    decoration_is_only_decoration,
    layout_tables_are_presentation,
    data_tables_have_scopes,
    headings_skip_no_level,
    language_is_told_in_the_body_too,
    right_to_left_text_has_a_direction,
    images_can_be_shown,
    preheader_comes_first,
    nothing_is_active_or_remote,
    head_is_in_order,
    style_is_one_and_clean,
)
"""Every rule that asks for nothing but the mail."""
