"""Which values an element ends up with: its style attribute, and the rules outside of at-rules."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from mail_css import parse_sheet, parse_style

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mail_css import Compound, Declaration, Selector
    from mail_document import Element, View

CELLS: Final = frozenset(("td", "th"))
_SIDES: Final = ("top", "right", "bottom", "left")


def may_match(element: Element, compound: Compound) -> bool:
    """Tell whether a compound may match an element, whatever its pseudo-classes ask."""
    classes = element.attributes.get("class", "").split()
    return (
        compound.tag in {"", "*", element.tag}
        and set(compound.classes) <= set(classes)
        and all(element.attributes.get("id") == name for name in compound.ids)
        and all(
            name in element.attributes and (operator != "=" or element.attributes[name] == value)
            for name, operator, value in compound.attributes
        )
        and ("root" not in compound.pseudo_classes or element.tag == "html")
    )


def matches(element: Element, selector: Selector) -> bool:
    """Tell whether a selector matches; one with siblings or pseudo-classes is said not to."""
    if any(compound.pseudo_classes or compound.pseudo_elements for compound in selector.compounds):
        return False
    *others, last = selector.compounds
    if not may_match(element, last):
        return False
    around = list(element.above())
    for compound, combinator in zip(others[::-1], selector.combinators[::-1], strict=True):
        if combinator not in {" ", ">"}:
            return False
        steps = around[:1] if combinator == ">" else around
        step = next((at for at, part in enumerate(steps) if may_match(part, compound)), None)
        if step is None:
            return False
        around = around[step + 1 :]
    return True


def own_style(element: Element) -> tuple[Declaration, ...]:
    """Return the declarations of the style attribute."""
    return parse_style(element.attributes.get("style", ""))[0]


@lru_cache(maxsize=8192)
def declarations(view: View, element: Element) -> tuple[Declaration, ...]:
    """Return the declarations that are about an element, weakest first.

    Rules of a sheet are taken in their order: ours give each property once.
    """
    by_sheet = [
        declaration
        for style in view.styles
        for rule in parse_sheet(style.text).rules
        if not rule.around and any(matches(element, selector) for selector in rule.selectors)
        for declaration in rule.declarations
    ]
    return (
        *(declaration for declaration in by_sheet if not declaration.important),
        *own_style(element),
        *(declaration for declaration in by_sheet if declaration.important),
    )


def value_of(view: View, element: Element, *names: str) -> str:
    """Return the value of the last declaration with one of the names, ``""`` if there is none."""
    found = ""
    for declaration in declarations(view, element):
        if declaration.name in names:
            found = declaration.value
    return found


def box_sides(found: Iterable[Declaration], name: str = "padding") -> tuple[str, ...]:
    """Return the values of a property with four sides, from the top clockwise; ``0`` if unset."""
    sides = dict.fromkeys(_SIDES, "0")
    for declaration in found:
        if declaration.name in {name, f"mso-{name}-alt"}:
            parts = declaration.value.split() or ["0"]
            # One value is for all sides, a second for right and left, a third for the bottom.
            order = {1: (0, 0, 0, 0), 2: (0, 1, 0, 1), 3: (0, 1, 2, 1)}.get(
                len(parts), (0, 1, 2, 3)
            )
            sides = {side: parts[at] for side, at in zip(_SIDES, order, strict=True)}
        elif declaration.name.startswith(f"{name}-"):
            side = declaration.name.removeprefix(f"{name}-")
            if side in sides:
                sides[side] = declaration.value
    return tuple("0" if value == "0px" else value for value in sides.values())


def word_gives_the_padding(view: View, link: Element) -> bool:
    """Tell whether a padded link is a button that Word draws by its cell.

    That is the one place for padding outside of a cell: everybody else pads the link, so that all
    of the button can be tapped; Word gives the same padding to the cell, by ``mso-padding-alt`` or
    by a rule in a comment. The cell draws the button: it has a border or a ground, and nothing
    beside the link is in it.
    """
    cell = link.parent
    if link.tag != "a" or cell is None or cell.tag not in CELLS or len(cell.children) != 1:
        return False
    drawn = "bgcolor" in cell.attributes or value_of(view, cell, "border", "background-color")
    return bool(
        drawn
        and cell.text() == link.text()
        and box_sides(declarations(view, cell)) == box_sides(declarations(view, link))
    )


def paragraphs(element: Element) -> list[Element]:
    """Return what Word makes paragraphs of: an element, what it stands in, or its cells."""
    if element.tag in {"table", "thead", "tbody", "tfoot", "tr"}:
        return element.find(*CELLS)
    inline = {"a", "b", "em", "i", "span", "strong", "u"}
    around = (element, *element.above())
    return [next((part for part in around if part.tag not in inline), element)]
