"""Which features a mail uses, by the slugs of caniemail, and where.

What is in no feature of the data and in none of the lists of plain things below is a use as well,
under a name that begins with :data:`UNLISTED`: nothing passes by not being known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from mail_cascade import may_match
from mail_css import IN_RULE, color_of, every_token, media_names, parse_sheet, parse_style

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mail_css import AtRule, Compound, Declaration, Node, Rule, Selector
    from mail_document import Element, Mail, StyleElement, View

UNLISTED: Final = "unlisted "
PLAIN: Final = ""
"""Stands for a feature that every client has."""


def _each(slug: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), slug)


def _own(prefix: str, names: str) -> dict[str, str]:
    return {name: f"{prefix}{name}" for name in names.split()}


# Elements. Those that stand inside a picture, a video or a drawing are judged with it.

ELEMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **_own(
            "html-",
            "abbr acronym address audio base bdi blockquote body code del dfn dialog div form hr"
            " img link marquee meter object p picture pre progress rp rt ruby select small span"
            " strike strong style svg table textarea video wbr",
        ),
        **_each("html-h1-h6", "h1 h2 h3 h4 h5 h6"),
        **_each("html-image-maps", "map area"),
        **_each("html-lists", "ul ol li dl dt dd"),
        **_each("html-select", "option optgroup"),
        **_each(
            "html-semantics",
            "article aside details figcaption figure footer header main mark nav section summary"
            " time",
        ),
        **_each("html-table", "tbody thead tfoot tr td th"),
    }
)
TYPED_ELEMENTS: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        **{("button", kind): f"html-button-{kind}" for kind in ("reset", "submit")},
        **{
            ("input", kind): f"html-input-{kind}"
            for kind in ("checkbox", "hidden", "radio", "reset", "submit", "text")
        },
    }
)
_DEFAULT_TYPES: Final = {"button": "submit", "input": "text"}
_WHOLES: Final = frozenset(("audio", "object", "picture", "svg", "video"))

PLAIN_ELEMENTS: Final = frozenset(("a", "b", "br", "em", "head", "html", "i", "meta", "title", "u"))
"""HTML 2.0: every client's sanitizer was written around them, so nobody tests them."""

# Attributes.

ATTRIBUTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **_own(
            "html-",
            "align aria-describedby aria-hidden aria-label aria-labelledby aria-live background"
            " cellpadding cellspacing dir height hidden lang popover required role srcset target"
            " valign width",
        ),
        "inert": "css-inert-attribute",
        "loading": "html-loading-attribute",
        "sizes": "html-srcset",
        "usemap": "html-image-maps",
    }
)
PLAIN_ATTRIBUTES: Final = frozenset(
    (
        # Judged by what they hold or by what refers to them.
        *("style", "class", "id", "href", "src", "type"),
        # HTML 3.2 and 4: what tables, links and pictures were made of before there was CSS.
        *("alt", "bgcolor", "border", "colspan", "rowspan", "scope", "title"),
        # Of <meta>, which says nothing to a client that does not know the name.
        *("charset", "content", "http-equiv", "name"),
        # Of <html>, for the elements that only Word knows.
        *("xmlns", "xmlns:o", "xmlns:v", "xmlns:w"),
    )
)
METAS: Final[Mapping[str, str]] = MappingProxyType(
    _each("html-meta-color-scheme", "color-scheme supported-color-schemes")
)
LINK_FEATURES: Final = ("html-anchor-links", "html-mailto-links")

# Properties.

PROPERTIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **_own(
            "css-",
            "accent-color align-items animation aspect-ratio backdrop-filter background"
            " background-blend-mode background-clip background-color background-image"
            " background-origin background-position background-repeat background-size border"
            " border-collapse border-image border-radius border-spacing box-shadow box-sizing"
            " caption-side clear clip-path color-scheme column-count cursor direction display"
            " empty-cells filter flex-direction flex-wrap float font font-kerning font-size"
            " font-size-adjust font-stretch font-weight gap height hyphenate-character"
            " hyphenate-limit-chars hyphens inline-size inset justify-content letter-spacing"
            " line-height list-style list-style-image list-style-position list-style-type margin"
            " mask-image max-block-size max-height max-inline-size max-width min-block-size"
            " min-height min-inline-size min-width mix-blend-mode object-fit object-position"
            " opacity orphans outline outline-offset overflow overflow-wrap padding position"
            " resize shape-margin shape-outside tab-size table-layout text-align text-align-last"
            " text-decoration text-decoration-color text-decoration-line"
            " text-decoration-skip-ink text-decoration-style text-decoration-thickness"
            " text-emphasis text-emphasis-position text-indent text-justify text-orientation"
            " text-overflow text-shadow text-transform text-underline-offset"
            " text-underline-position text-wrap transform transition user-select vertical-align"
            " visibility white-space white-space-collapse widows width word-break word-spacing"
            " word-wrap writing-mode z-index",
        ),
        **_each("css-left-right-top-bottom", "left right top bottom"),
        **_each("css-block-inline-size", "block-size"),
        **_each("css-column-layout-properties", "columns column-fill column-span column-width"),
        **_each("css-column-layout-properties", "column-rule column-rule-color"),
        **_each("css-column-layout-properties", "column-rule-style column-rule-width"),
        **_each("css-gap", "row-gap column-gap grid-gap grid-row-gap grid-column-gap"),
        **_each("css-grid-template", "grid-template grid-template-areas"),
        **_each("css-grid-template", "grid-template-columns grid-template-rows"),
    }
)
_FAMILIES: Final = tuple(
    (re.compile(pattern), slug)
    for pattern, slug in (
        (r"animation-[a-z-]+", "css-animation"),
        (r"background-position-[xy]", "css-background-position"),
        (r"border-(top|right|bottom|left)(-(color|style|width))?", "css-border"),
        (r"border-(color|style|width)", "css-border"),
        (r"border-image-[a-z]+", "css-border-image"),
        (r"border-(inline|block)", "css-border-inline-block"),
        (r"border-(inline|block)-(color|style|width)", "css-border-inline-block-individual"),
        (
            r"border-(inline|block)-(start|end)(-(color|style|width))?",
            "css-border-inline-block-longhand",
        ),
        (r"border-(top|bottom)-(left|right)-radius", "css-border-radius"),
        (r"border-(start|end)-(start|end)-radius", "css-border-radius-logical"),
        (r"margin-(top|right|bottom|left)", "css-margin"),
        (r"margin-(inline|block)", "css-margin-inline-block"),
        (r"margin-block-(start|end)", "css-margin-block-start-end"),
        (r"margin-inline-(start|end)", "css-margin-inline-start-end"),
        (r"outline-(color|style|width)", "css-outline"),
        (r"overflow-(x|y|block|inline)", "css-overflow"),
        (r"padding-(top|right|bottom|left)", "css-padding"),
        (r"padding-(inline|block)", "css-padding-inline-block"),
        (r"padding-block-(start|end)", "css-padding-block-start-end"),
        (r"padding-inline-(start|end)", "css-padding-inline-start-end"),
        (r"scroll-(snap|margin|padding)(-[a-z-]+)?", "css-scroll-snap"),
        (r"text-emphasis-(color|style)", "css-text-emphasis"),
        (r"transform-[a-z]+", "css-transform"),
        (r"transition-[a-z-]+", "css-transition"),
    )
)
# Two features in one property.
_BESIDES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "column-count": ("css-column-layout-properties",),
        "inline-size": ("css-block-inline-size",),
        "flex-flow": ("css-flex-direction", "css-flex-wrap"),
    }
)
_PREFIX: Final = re.compile(r"-(webkit|moz|ms|o)-")
PLAIN_PROPERTIES: Final = frozenset(("color", "font-family", "font-style"))
"""CSS 1, and the text of every mail: clients that do not know them know no CSS."""

_FOR_WORD: Final = "mso-"
"""Properties that only Word reads; for all others they are unknown, so they are nothing."""

# Values.

UNITS: Final[Mapping[str, str]] = MappingProxyType(
    _own("css-unit-", "ch cm em ex in mm pc pt px rem vh vmax vmin vw")
)
FUNCTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "calc": "css-unit-calc",
        "var": "css-variables",
        "fit-content": "css-intrinsic-size",
        **_own("css-function-", "clamp light-dark max min"),
        **_own("css-", "rgb rgba"),
        **_each("css-modern-color", "lch oklch lab oklab"),
        **{
            f"{repeating}{shape}-gradient": f"css-{shape}-gradient"
            for repeating in ("", "repeating-")
            for shape in ("conic", "linear", "radial")
        },
    }
)
KEYWORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "initial": "css-unit-initial",
        **_each("css-intrinsic-size", "fit-content max-content min-content"),
        **_each(
            "css-sytem-ui",  # as the data spells it
            "system-ui ui-monospace ui-rounded ui-sans-serif ui-serif",
        ),
    }
)
DISPLAYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "none": "css-display-none",
        **_each("css-display-flex", "flex inline-flex"),
        **_each("css-display-grid", "grid inline-grid"),
    }
)
_UNLISTED_KEYWORDS: Final = frozenset(("unset", "revert", "revert-layer"))
_PLAIN_COLORS: Final = frozenset(
    _each(
        "",
        "aqua black blue fuchsia gray green lime maroon navy olive purple red silver teal white"
        " yellow transparent",
    )
)
"""HTML 4's; the other names are in no feature."""

_COLORED: Final = re.compile(r".*color|background|border.*|outline|text-decoration|.*-shadow|fill")
VALUE_FEATURES: Final = ("css-important", "css-comments", "css-nesting", "css-unit-percent")

IMAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **_own("image-", "apng avif bmp gif heif ico jpg mp4 png svg tiff webp"),
        "heic": "image-heif",
        "jpeg": "image-jpg",
        "mov": "image-mp4",
        "svg+xml": "image-svg",
        "tif": "image-tiff",
        "webm": "image-mp4",
        "x-icon": "image-ico",
    }
)
_BASE64: Final = "image-base64"

# Selectors and at-rules.

COMBINATORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        " ": "css-selector-descendant",
        ">": "css-selector-child",
        "+": "css-selector-adjacent-sibling",
        "~": "css-selector-general-sibling",
    }
)
SELECTOR_FEATURES: Final = tuple(
    f"css-selector-{part}"
    for part in ("attribute", "chaining", "class", "grouping", "id", "type", "universal")
)
PSEUDO_CLASSES: Final[Mapping[str, str]] = MappingProxyType(
    _own(
        "css-pseudo-class-",
        "active checked default first-child first-of-type focus focus-visible focus-within has"
        " hover lang last-child last-of-type link not nth-child nth-last-child nth-last-of-type"
        " nth-of-type only-child only-of-type target visited",
    )
)
PSEUDO_ELEMENTS: Final[Mapping[str, str]] = MappingProxyType(
    _own("css-pseudo-element-", "after before first-letter first-line marker placeholder")
)
AT_RULES: Final[Mapping[str, str]] = MappingProxyType(
    _own("css-at-", "font-face import keyframes media supports")
)
MEDIA_FEATURES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **_each("css-at-media-hover", "hover any-hover"),
        **_each(
            "css-at-media-device-pixel-ratio",
            "-webkit-device-pixel-ratio -webkit-min-device-pixel-ratio"
            " -webkit-max-device-pixel-ratio",
        ),
        **_own("css-at-media-", "orientation prefers-color-scheme prefers-reduced-motion"),
    }
)
_PLAIN_MEDIA: Final = re.compile(r"(min-|max-)?(width|height)|screen|print|all|and|only|not")

DOCUMENT_FEATURES: Final = ("html-comments", "html-doctype")

NOT_IN_HTML: Final[Mapping[str, str]] = MappingProxyType(
    {
        "amp": "Another part of the message.",
        "bimi": "A record of the sender's domain.",
        "image-hdr": "A property of pictures whose file names do not tell it.",
    }
)
"""Features that no HTML shows, and why."""


def claimed_features() -> frozenset[str]:
    """Return every slug that `uses_of` can give."""
    tables: tuple[Iterable[str], ...] = (
        *(ELEMENTS.values(), TYPED_ELEMENTS.values(), ATTRIBUTES.values(), METAS.values()),
        *(LINK_FEATURES, PROPERTIES.values(), (slug for _, slug in _FAMILIES), *_BESIDES.values()),
        *(UNITS.values(), FUNCTIONS.values(), KEYWORDS.values(), DISPLAYS.values()),
        *(VALUE_FEATURES, IMAGES.values(), (_BASE64,), COMBINATORS.values(), SELECTOR_FEATURES),
        *(PSEUDO_CLASSES.values(), PSEUDO_ELEMENTS.values(), AT_RULES.values()),
        *(MEDIA_FEATURES.values(), DOCUMENT_FEATURES),
    )
    return frozenset(slug for table in tables for slug in table)


@dataclass(frozen=True, eq=False, slots=True)
class Use:
    """One use of one feature.

    Attributes:
        feature: Slug of caniemail, or a name that begins with :data:`UNLISTED`.
        where: The element with attribute, or the selector, and the declaration.
        line: In the source.
        view: The document that it was found in.
        elements: Those that it concerns; for a rule, those that its last compound may match.
        declaration: The one that uses it.
        compound: The part of a selector that uses it.
        at_rule: The at-rule that uses it.
        value: Of the attribute that uses it.
        in_sheet: Whether it stands in a style element.
        needs: Uses without which this one does nothing, such as the ``@media`` around it.
        any_of: Uses of which one alternative is enough: the selectors of a rule.
    """

    feature: str
    where: str
    line: int
    view: View
    elements: tuple[Element, ...] = ()
    declaration: Declaration | None = None
    compound: Compound | None = None
    at_rule: AtRule | None = None
    value: str = ""
    in_sheet: bool = False
    needs: tuple[Use, ...] = ()
    any_of: tuple[tuple[Use, ...], ...] = ()


def uses_of(mail: Mail, view: View) -> list[Use]:
    """Return every use of every feature in one reading of a mail, in no particular order."""
    for_word = view is mail.word
    uses = [Use("html-doctype", f"<!{text}>", 1, view) for text in view.doctypes]
    uses += [Use("html-comments", "<!-- -->", line, view) for line in mail.comment_lines]
    for element in view.elements:
        if not any(around.tag in _WHOLES for around in element.above()):
            uses += _element_uses(element, view, for_word=for_word)
    for style in view.styles:
        uses += _SheetUses(style, view).all()
    return [use for use in uses if use.feature != PLAIN]


def _element_uses(element: Element, view: View, *, for_word: bool) -> Iterator[Use]:
    here = Use("", str(element), element.line, view, (element,))
    tag = element.tag
    if for_word and (":" in tag or tag == "xml"):  # VML and Office settings: Word's own languages
        return
    yield replace(here, feature=_element_feature(element))
    if tag == "svg":
        return
    for name, value in element.attributes.items():
        yield from _attribute_uses(replace(here, where=f"<{tag} {name}>", value=value), name)
    declarations, _, has_comment = parse_style(element.attributes.get("style", ""))
    if has_comment:
        yield replace(here, feature="css-comments", where=f"<{tag} style>")
    for declaration in declarations:
        use = replace(
            here,
            where=f"<{tag} style> {declaration}",
            declaration=declaration,
        )
        yield from _declaration_uses(use, declaration)


def _element_feature(element: Element) -> str:
    tag = element.tag
    if tag in _DEFAULT_TYPES:
        kind = element.attributes.get("type", _DEFAULT_TYPES[tag]).lower()
        return TYPED_ELEMENTS.get((tag, kind), f"{UNLISTED}element: {tag} type={kind}")
    return ELEMENTS.get(tag, PLAIN if tag in PLAIN_ELEMENTS else f"{UNLISTED}element: {tag}")


def _attribute_uses(use: Use, name: str) -> Iterator[Use]:
    (element,) = use.elements
    value = use.value.strip()
    if name in ATTRIBUTES:
        yield replace(use, feature=ATTRIBUTES[name])
    elif name not in PLAIN_ATTRIBUTES:
        yield replace(use, feature=f"{UNLISTED}attribute: {name}")
    if element.tag == "meta" and name == "name" and value.lower() in METAS:
        yield replace(use, feature=METAS[value.lower()])
    if name == "href" and value.startswith("#"):
        yield replace(use, feature="html-anchor-links")
    if name == "href" and value.lower().startswith("mailto:"):
        yield replace(use, feature="html-mailto-links")
    if name == "background" or (name == "src" and element.tag in {"img", "input"}):
        yield from _image_uses(use, value)
    if name == "srcset":
        for candidate in value.split(","):
            yield from _image_uses(use, (candidate.split() or [""])[0])


def _image_uses(use: Use, address: str) -> Iterator[Use]:
    scheme, _, rest = address.partition(":")
    if scheme.lower() == "data":
        media_type = rest.partition(",")[0].partition(";")[0].lower()
        yield replace(use, feature=_BASE64)
        kind = media_type.partition("/")[2]
    else:
        # https://host/a/name.png?x, cid:name.png@host
        path = re.split(r"[?#@]", address)[0].rpartition("/")[2]
        kind = path.rpartition(".")[2].lower() if "." in path else ""
    yield replace(use, feature=IMAGES.get(kind, f"{UNLISTED}image: {kind or address}"))


def _declaration_uses(use: Use, declaration: Declaration) -> Iterator[Use]:
    name = declaration.name
    if name.startswith(_FOR_WORD):
        return
    features = [*_property_features(name), *_value_features(name, declaration)]
    if declaration.important:
        features.append("css-important")
    if name == "display":
        features += [DISPLAYS[word] for word in declaration.words() if word in DISPLAYS]
    for feature in dict.fromkeys(features):
        yield replace(use, feature=feature)
    for token in declaration.every_token():
        if token.type == "url":
            yield from _image_uses(use, token.value)
        elif token.type == "function" and token.lower_name == "url":
            strings = [part.value for part in token.arguments if part.type == "string"]
            yield from _image_uses(use, "".join(strings))


def _property_features(name: str) -> tuple[str, ...]:
    if name.startswith("--"):
        return ("css-variables",)
    if name in PLAIN_PROPERTIES:
        return ()
    plain = _PREFIX.sub("", name)
    besides = _BESIDES.get(plain, ())
    if plain in PROPERTIES:
        return (PROPERTIES[plain], *besides)
    slug = next((slug for pattern, slug in _FAMILIES if pattern.fullmatch(plain)), None)
    return (slug,) if slug else besides or (f"{UNLISTED}property: {name}",)


def _value_features(name: str, declaration: Declaration) -> Iterator[str]:
    for token in declaration.every_token():
        if token.type == "dimension":
            yield UNITS.get(token.lower_unit, f"{UNLISTED}unit: {token.lower_unit}")
        elif token.type == "percentage":
            yield "css-unit-percent"
        elif token.type == "function" and token.lower_name != "url":
            function = _PREFIX.sub("", token.lower_name)
            yield FUNCTIONS.get(function, f"{UNLISTED}function: {token.lower_name}()")
        elif token.type == "hash":
            if len(token.value) not in {3, 6} or color_of(token) is None:
                yield f"{UNLISTED}colour: #{'x' * len(token.value)}"
        elif token.type == "ident":
            yield from _keyword_features(name, token)


def _keyword_features(name: str, token: Node) -> Iterator[str]:
    word = token.lower_value
    if word in KEYWORDS:
        yield KEYWORDS[word]
    elif word in _UNLISTED_KEYWORDS:
        yield f"{UNLISTED}keyword: {word}"
    elif _COLORED.fullmatch(name) and word not in _PLAIN_COLORS and color_of(token) is not None:
        yield f"{UNLISTED}colour: {word}"


class _SheetUses:
    """What a style element uses."""

    def __init__(self, style: StyleElement, view: View) -> None:
        self._style = style
        self._sheet = parse_sheet(style.text)
        self._view = view
        self._element = Use("html-style", "<style>", style.line, view, (style.element,))

    def all(self) -> Iterator[Use]:
        for line in self._sheet.comment_lines:
            yield replace(self._use("css-comments", "", line), where="style /* */")
        for at_rule in self._sheet.at_rules:
            yield from self._at_rule(at_rule)
        for rule in self._sheet.rules:
            yield from self._rule(rule)

    def _use(self, feature: str, where: str, line: int, around: Sequence[AtRule] = ()) -> Use:
        names = " ".join(("style", *map(str, around), where))
        needs = (self._element, *(use for rule in around for use in self._own_uses(rule)))
        line += self._style.line - 1
        return Use(feature, names, line, self._view, in_sheet=True, needs=needs)

    def _own_uses(self, rule: AtRule) -> list[Use]:
        """Return the uses of an at-rule itself, apart from what is inside it."""
        if rule.name == IN_RULE:
            return [self._use("css-nesting", rule.prelude, rule.line, rule.around)]
        here = replace(self._use("", str(rule), rule.line, rule.around), at_rule=rule)
        features = [AT_RULES.get(rule.name, f"{UNLISTED}at-rule: @{rule.name}")]
        if rule.name == "media":
            features += _media_features(rule.tokens)
        return [replace(here, feature=feature) for feature in features]

    def _at_rule(self, rule: AtRule) -> Iterator[Use]:
        own = self._own_uses(rule)
        yield from own
        if rule.around and rule.around[-1].name == IN_RULE:
            yield self._use("css-nesting", str(rule), rule.line, rule.around[:-1])
        if rule.name == "font-face":  # its descriptors are part of the feature
            return
        for declaration in rule.declarations:
            use = self._use("", f"{rule} {{{declaration}}}", rule.line, rule.around)
            use = replace(use, declaration=declaration, needs=(*use.needs, *own))
            yield from _declaration_uses(use, declaration)

    def _rule(self, rule: Rule) -> Iterator[Use]:
        here = self._use("", str(rule), rule.line, rule.around)
        by_selector = tuple(
            tuple(_selector_uses(here, selector, nested=rule.nested)) for selector in rule.selectors
        )
        for uses in by_selector:
            yield from uses
        if len(rule.selectors) > 1:
            yield replace(here, feature="css-selector-grouping")
        targets = [selector.compounds[-1] for selector in rule.selectors]
        elements = tuple(
            element
            for element in self._view.elements
            if any(may_match(element, compound) for compound in targets)
        )
        for declaration in rule.declarations:
            use = replace(
                here,
                where=f"{here.where} {{{declaration}}}",
                line=declaration.line + self._style.line - 1,
                elements=elements,
                declaration=declaration,
                compound=targets[0],
                any_of=by_selector,
            )
            yield from _declaration_uses(use, declaration)


def _media_features(tokens: Sequence[Node]) -> Iterator[str]:
    for token in every_token(tokens):
        if token.type == "literal" and token.value in "<>=":
            yield f"{UNLISTED}media query: range"
    for name in media_names(tokens):
        if name in MEDIA_FEATURES:
            yield MEDIA_FEATURES[name]
        elif not _PLAIN_MEDIA.fullmatch(name):
            yield f"{UNLISTED}media query: {name}"


def _selector_uses(here: Use, selector: Selector, *, nested: bool) -> Iterator[Use]:
    for combinator in selector.combinators:
        yield replace(here, feature=COMBINATORS[combinator])
    if nested or any(compound.nesting for compound in selector.compounds):
        yield replace(here, feature="css-nesting")
    for compound in selector.compounds:
        for feature in _compound_features(compound):
            yield replace(here, feature=feature, compound=compound)


def _compound_features(compound: Compound) -> Iterator[str]:
    if compound.tag:
        yield "css-selector-universal" if compound.tag == "*" else "css-selector-type"
    if compound.classes:
        yield "css-selector-class"
    if compound.ids:
        yield "css-selector-id"
    if compound.attributes:
        yield "css-selector-attribute"
    if len(compound.classes) + len(compound.ids) > 1:
        yield "css-selector-chaining"
    for name in compound.pseudo_classes:
        yield PSEUDO_CLASSES.get(name, f"{UNLISTED}pseudo-class: {name}")
    for name in compound.pseudo_elements:
        yield PSEUDO_ELEMENTS.get(name, f"{UNLISTED}pseudo-element: {name}")
