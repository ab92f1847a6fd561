"""The CSS of a mail, as tinycss2 parses it: declarations, rules and selectors with their lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import tinycss2
from tinycss2.color3 import parse_color

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Node: TypeAlias = Any  # tinycss2 ships no types
IN_RULE: Final = "&"
"""Name of what stands around an at-rule inside a rule."""

_BLOCKS: Final = ("() block", "[] block", "{} block")
_CONDITIONAL: Final = frozenset(("media", "supports", "layer", "container", "scope"))
# Those that may be written with one colon.
_OLD_PSEUDO_ELEMENTS: Final = frozenset(("before", "after", "first-line", "first-letter"))


@dataclass(frozen=True, slots=True)
class Declaration:
    """A property with its value.

    Attributes:
        name: In lower case; of a custom property as it is written.
        value: Without ``!important``, white space collapsed.
        tokens: Of the value; comments and outer white space are left out.
        written: The whole declaration as the source has it.
        line: In the text that was parsed, from 1.
    """

    name: str
    value: str
    important: bool
    tokens: tuple[Node, ...]
    written: str
    line: int

    def words(self) -> tuple[str, ...]:
        """Return the parts of the value that white space or a comma separates, in lower case."""
        return tuple(self.value.lower().replace(",", " , ").split())

    def every_token(self) -> Iterator[Node]:
        """Yield the tokens of the value, those inside functions and blocks too."""
        return every_token(self.tokens)

    def __str__(self) -> str:
        return f"{self.name}:{self.value}{' !important' if self.important else ''}"


@dataclass(frozen=True, slots=True)
class Compound:
    """What a selector asks of one element.

    Attributes:
        attributes: Name, operator and value of each; both are empty where only the name counts.
        pseudo_classes: Names, functional ones without parenthesis.
    """

    tag: str = ""
    classes: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str, str], ...] = ()
    pseudo_classes: tuple[str, ...] = ()
    pseudo_elements: tuple[str, ...] = ()
    nesting: bool = False


@dataclass(frozen=True, slots=True)
class Selector:
    """Compounds and what stands between them: ``" "``, ``">"``, ``"+"`` or ``"~"``."""

    text: str
    compounds: tuple[Compound, ...]
    combinators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AtRule:
    """An at-rule.

    Attributes:
        prelude: What stands before the block, white space collapsed.
        around: At-rules around it, outermost first.
        declarations: Those of the block, of ``@font-face`` for instance.
    """

    name: str
    prelude: str
    tokens: tuple[Node, ...]
    line: int
    around: tuple[AtRule, ...] = ()
    declarations: tuple[Declaration, ...] = ()

    def __str__(self) -> str:
        return f"@{self.name} {self.prelude}".rstrip()


@dataclass(frozen=True, slots=True)
class Rule:
    """Selectors and declarations; ``nested`` tells whether it stands inside another rule."""

    selectors: tuple[Selector, ...]
    declarations: tuple[Declaration, ...]
    line: int
    around: tuple[AtRule, ...] = ()
    nested: bool = False

    def __str__(self) -> str:
        return ",".join(selector.text for selector in self.selectors)


@dataclass(slots=True)
class Sheet:
    """Everything in a style element.

    Attributes:
        errors: What the parser could not read, with the line in the sheet.
        comment_lines: Where comments stand.
    """

    rules: list[Rule] = field(default_factory=list)
    at_rules: list[AtRule] = field(default_factory=list)
    errors: list[tuple[int, str]] = field(default_factory=list)
    comment_lines: list[int] = field(default_factory=list)


def every_token(tokens: Iterable[Node]) -> Iterator[Node]:
    """Yield tokens and, after each function or block, what is inside it."""
    for token in tokens:
        yield token
        if token.type == "function":
            yield from every_token(token.arguments)
        elif token.type in _BLOCKS:
            yield from every_token(token.content)


def _is(token: Node, *signs: str) -> bool:
    return token.type == "literal" and token.value in signs


def color_of(token: Node) -> object | None:
    """Return the colour that a single token stands for, ``None`` if it is none."""
    color: object | None = parse_color(token)
    return color


def text_of(tokens: Iterable[Node]) -> str:
    """Write tokens with single spaces, without comments."""
    return " ".join(tinycss2.serialize([t for t in tokens if t.type != "comment"]).split())


def media_names(tokens: Sequence[Node]) -> Iterator[str]:
    """Yield the media types, the words between them, and the features that a query asks for."""
    for token in tokens:
        if token.type == "ident":
            yield str(token.lower_value)
    for token in every_token(tokens):
        if token.type == "() block":
            names = [str(part.lower_value) for part in token.content if part.type == "ident"]
            yield from names[:1]


@lru_cache(maxsize=4096)
def parse_style(text: str) -> tuple[tuple[Declaration, ...], tuple[str, ...], bool]:
    """Return the declarations of a style attribute, parse errors, and whether it has a comment."""
    tokens = tinycss2.parse_component_value_list(text)
    sheet = Sheet()
    declarations = tuple(_declarations(tokens, sheet, Rule((), (), 1)))
    errors = tuple(message for _, message in sheet.errors)
    return declarations, errors, bool(sheet.comment_lines)


@lru_cache(maxsize=256)
def parse_sheet(text: str) -> Sheet:
    """Return what a style element holds."""
    sheet = Sheet()
    tokens = tinycss2.parse_component_value_list(text)
    sheet.comment_lines += [t.source_line for t in every_token(tokens) if t.type == "comment"]
    _read_rules(tinycss2.parse_stylesheet(tokens, skip_comments=True), sheet, ())
    return sheet


def _read_rules(nodes: Iterable[Node], sheet: Sheet, around: tuple[AtRule, ...]) -> None:
    for node in nodes:
        if node.type == "error":
            sheet.errors.append((node.source_line, node.message))
        elif node.type == "qualified-rule":
            _read_rule(node, sheet, around, nested=False)
        elif node.type == "at-rule":
            _read_at_rule(node, sheet, around)


def _read_at_rule(node: Node, sheet: Sheet, around: tuple[AtRule, ...]) -> None:
    name, tokens, line = node.lower_at_keyword, tuple(node.prelude), node.source_line
    if name in _CONDITIONAL and node.content is not None:
        rule = AtRule(name, text_of(tokens), tokens, line, around)
        sheet.at_rules.append(rule)
        inner = tinycss2.parse_rule_list(node.content, skip_comments=True)
        _read_rules(inner, sheet, (*around, rule))
        return
    declarations: tuple[Declaration, ...] = ()
    if node.content is not None and not name.endswith("keyframes"):
        declarations = tuple(_declarations(node.content, sheet, Rule((), (), line, around)))
    sheet.at_rules.append(AtRule(name, text_of(tokens), tokens, line, around, declarations))


def _read_rule(node: Node, sheet: Sheet, around: tuple[AtRule, ...], *, nested: bool) -> None:
    selectors = tuple(_selectors(node.prelude))
    sheet.errors += _errors(node.prelude)
    bare = Rule(selectors, (), node.source_line, around, nested)
    declarations = tuple(_declarations(node.content, sheet, bare))
    sheet.rules.append(Rule(selectors, declarations, node.source_line, around, nested))


def _declarations(tokens: Sequence[Node], sheet: Sheet, rule: Rule) -> Iterator[Declaration]:
    """Yield the declarations of a block; what else stands there goes to the sheet."""
    for node in tinycss2.parse_blocks_contents(tokens, skip_whitespace=True):
        if node.type == "error":
            sheet.errors.append((node.source_line, node.message))
        elif node.type == "comment":
            if not rule.selectors:  # in a sheet they were counted before
                sheet.comment_lines.append(node.source_line)
        elif node.type == "qualified-rule":
            _read_rule(node, sheet, rule.around, nested=True)
        elif node.type == "at-rule":
            inside = AtRule(IN_RULE, str(rule), (), rule.line, rule.around)
            _read_at_rule(node, sheet, (*rule.around, inside))
        else:
            value = tuple(_stripped(node.value))
            sheet.errors += _errors(value)
            yield Declaration(
                node.name if node.name.startswith("--") else node.lower_name,
                text_of(value),
                node.important,
                value,
                _written(tokens, node),
                node.source_line,
            )


def _errors(tokens: Iterable[Node]) -> list[tuple[int, str]]:
    return [(t.source_line, t.message) for t in every_token(tokens) if t.type == "error"]


def _stripped(tokens: Sequence[Node]) -> Iterator[Node]:
    kept = [token for token in tokens if token.type != "comment"]
    while kept and kept[0].type == "whitespace":
        del kept[0]
    while kept and kept[-1].type == "whitespace":
        del kept[-1]
    yield from kept


def _written(tokens: Sequence[Node], declaration: Node) -> str:
    place = (declaration.source_line, declaration.source_column)
    taken: list[Node] = []
    for token in tokens:
        if not taken and (token.source_line, token.source_column) != place:
            continue
        if _is(token, ";"):
            break
        taken.append(token)
    return str(tinycss2.serialize(taken))


def _selectors(prelude: Sequence[Node]) -> Iterator[Selector]:
    part: list[Node] = []
    for token in (*prelude, None):
        if token is None or _is(token, ","):
            yield _selector(part)
            part = []
        else:
            part.append(token)


def _selector(tokens: Sequence[Node]) -> Selector:
    compounds: list[Compound] = []
    combinators: list[str] = []
    group: list[Node] = []
    between = ""
    for token in _stripped(tokens):
        if token.type == "whitespace":
            between = between or " "
        elif _is(token, ">", "+", "~"):
            between = token.value
        else:
            if between:
                compounds.append(_compound(group))
                combinators.append(between)
                group, between = [], ""
            group.append(token)
    compounds.append(_compound(group))
    return Selector(text_of(_stripped(tokens)), tuple(compounds), tuple(combinators))


def _compound(tokens: Sequence[Node]) -> Compound:
    tag, nesting = "", False
    classes: list[str] = []
    ids: list[str] = []
    attributes: list[tuple[str, str, str]] = []
    pseudo_classes: list[str] = []
    pseudo_elements: list[str] = []
    before = ""
    for token in tokens:
        if token.type == "hash":
            ids.append(token.value)
        elif token.type == "[] block":
            attributes.append(_attribute(token.content))
        elif token.type in {"ident", "function"}:
            name = token.lower_value if token.type == "ident" else token.lower_name
            if before == ".":
                classes.append(token.value)
            elif before.startswith(":"):
                element = before == "::" or name in _OLD_PSEUDO_ELEMENTS
                (pseudo_elements if element else pseudo_classes).append(name)
            else:
                tag = name
        elif _is(token, "*"):
            tag = "*"
        elif _is(token, "&"):
            nesting = True
        before = before + ":" if _is(token, ":") else "." if _is(token, ".") else ""
    return Compound(
        tag,
        tuple(classes),
        tuple(ids),
        tuple(attributes),
        tuple(pseudo_classes),
        tuple(pseudo_elements),
        nesting,
    )


def _attribute(tokens: Sequence[Node]) -> tuple[str, str, str]:
    name, *rest = [token for token in tokens if token.type != "whitespace"] or [None]
    operator = rest[0].value if rest else ""
    value = rest[1].value if len(rest) > 1 else ""
    return (name.lower_value if name is not None and name.type == "ident" else "", operator, value)
