"""What WeasyPrint's tags lack, put right while the PDF is still a tree of Python objects.

Hand `finish` to WeasyPrint; it costs no parsing, and the part that is stored is right for good:

    document.write_pdf(pdf_variant="pdf/ua-1", pdf_tags=True, finisher=finish)

What it changes, each found in WeasyPrint 70.0 (October 2026):

- header cells get a Scope. WeasyPrint writes only Headers, which pdfua warns about;
- ids are listed in the tree of ids, and differ from those of other parts;
- the content of margin boxes becomes an artifact. It was marked as text whose structure element
  is in no tree, so that a reader met it nowhere or in the middle of a sentence;
- pictures with an empty `alt` become artifacts, as HTML means it;
- the blocks of a list item go into its body, outside of which they may not stand;
- elements without content (an `hr`, an empty paragraph or heading) are left out;
- wrappers that mean nothing, one Span for every line of text and NonStruct, are dissolved into
  the paragraph around them: half of all structure elements, of memory and of the merge's time;
- a link within the dossier is described by its text, no longer by the name of its target;
- the box of a figure is in PDF points from the lower left, as ISO 32000 has it, not in CSS
  pixels from the upper left.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import pydyf

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LINK_PREFIX", "finish"]

# A link to another part: this, then a part's name, or its name, "/" and an anchor in it. WeasyPrint
# drops links to anchors that the document lacks, so it has to look like one that leads outside;
# "invalid" is reserved (RFC 2606), so one that was forgotten leads nowhere.
LINK_PREFIX: Final = "https://candidate-cards.invalid/#"

_WRAPPERS: Final = frozenset({"/NonStruct", "/Span"})
# Elements that may hold content themselves; the others hold elements (ISO 32000-1, 14.8.4).
_HOLDERS: Final = frozenset({
    "/P", "/H1", "/H2", "/H3", "/H4", "/H5", "/H6", "/TH", "/TD", "/LBody", "/Lbl", "/Link",
    "/Caption", "/Span", "/NonStruct",
})  # fmt: skip
_PRUNED: Final = _WRAPPERS | {
    "/P", "/H1", "/H2", "/H3", "/H4", "/H5", "/H6", "/Div", "/Sect", "/Art", "/Part",
    "/BlockQuote", "/L", "/LI", "/Lbl", "/LBody", "/Caption", "/Link",
}  # fmt: skip
_PLAIN: Final = frozenset({"Type", "S", "P", "K", "Pg"})  # an element with these alone says nothing
_POINTS_PER_PIXEL: Final = 0.75


def finish(document: Any, pdf: Any) -> None:  # noqa: ANN401 - neither library ships types
    """Correct the structure tree of a PDF that WeasyPrint is about to write.

    Args:
        document: The `weasyprint.Document`.
        pdf: The `pydyf.PDF`; it is changed. One without tags is left as it is.
    """
    if "StructTreeRoot" in pdf.catalog:
        _Tags(pdf).finish()
        _describe_links(document)


def _describe_links(document: Any) -> None:  # noqa: ANN401
    for page in document.pages:
        for kind, target, _, box in page.links:
            if kind == "internal" or target.startswith(LINK_PREFIX):
                text = " ".join("".join(box.element.itertext()).split())
                if text and box.link_annotation:
                    box.link_annotation["Contents"] = pydyf.String(text)


class _Tags:
    def __init__(self, pdf: Any) -> None:  # noqa: ANN401
        self._pdf = pdf
        self._objects = pdf.objects
        self._root = self._resolve(pdf.catalog["StructTreeRoot"])
        self._tree = self._resolve(self._root["ParentTree"])
        self._pages = [self._resolve(b"%d 0 R" % number) for number in pdf.pages["Kids"][::3]]
        self._page_number = {page.number: index for index, page in enumerate(self._pages)}
        self._shown: dict[tuple[int, int], bytes] = {}  # page and MCID → element
        self._annotations: dict[int, bytes] = {}  # number of an annotation → element
        self._kept: set[int] = set()
        self._ids: list[tuple[Any, bytes]] = []
        self._decorations: set[tuple[int, int]] = set()  # page and MCID

    def _resolve(self, reference: bytes) -> Any:  # noqa: ANN401
        return self._objects[int(reference.split(b" ", 1)[0])]

    def finish(self) -> None:
        for kid in self._root["K"]:
            document = self._resolve(kid)
            self._dissolve(document)
            self._register(document)
        self._list_ids()
        self._drop_unreached()
        self._write_parent_tree()

    # --- the tree

    def _dissolve(self, element: Any) -> None:  # noqa: ANN401
        """Prune and flatten what is below `element`, from the leaves up."""
        kids: list[Any] = []
        for kid in element["K"]:
            if isinstance(kid, int):
                kids.append(kid)
                continue
            child = self._resolve(kid)
            if child["Type"] != "/StructElem":
                kids.append(kid)
                continue
            if child["S"] == "/Figure" and "Alt" not in child:
                page = self._page_number[self._resolve(child["Pg"]).number]
                self._decorations.update((page, mcid) for mcid in child["K"])
                continue
            self._dissolve(child)
            if not child["K"] and child["S"] in _PRUNED:
                continue
            if self._is_transparent(child, element):
                kids.extend(child["K"])
            else:
                kids.append(kid)
        element["K"] = pydyf.Array(kids)
        if element["S"] == "/LI":
            self._wrap_body(element)
        if element["S"] == "/Table":
            self._set_scopes(element)
        elif element["S"] == "/Figure":
            self._set_box(element)

    def _wrap_body(self, item: Any) -> None:  # noqa: ANN401
        """Put the blocks of a list item into a body, the only thing it may hold but a label."""
        roles = {kid: self._resolve(kid)["S"] for kid in item["K"]}
        loose = [kid for kid, role in roles.items() if role not in {"/Lbl", "/LBody"}]
        if not loose:
            return
        bodies = [kid for kid, role in roles.items() if role == "/LBody"]
        if not bodies:
            body = pydyf.Dictionary(
                {"Type": "/StructElem", "S": "/LBody", "K": pydyf.Array(), "Pg": item["Pg"]}
            )
            self._pdf.add_object(body)
            bodies = [body.reference]
        self._resolve(bodies[0])["K"] += loose
        kept = [kid for kid in item["K"] if kid not in loose]
        item["K"] = pydyf.Array(dict.fromkeys([*kept, *bodies]))

    def _is_transparent(self, child: Any, parent: Any) -> bool:  # noqa: ANN401
        if child["S"] not in _WRAPPERS or child.keys() - _PLAIN:
            return False
        holds_content = any(
            isinstance(kid, int) or self._resolve(kid)["Type"] == "/OBJR" for kid in child["K"]
        )
        return not holds_content or (parent["S"] in _HOLDERS and parent.get("Pg") == child["Pg"])

    def _register(self, element: Any) -> None:  # noqa: ANN401
        self._kept.add(element.number)
        if "ID" in element:
            self._ids.append((element["ID"], element.reference))
        for kid in element["K"]:
            if isinstance(kid, int):
                page = self._page_number[self._resolve(element["Pg"]).number]
                self._shown[page, kid] = element.reference
                continue
            child = self._resolve(kid)
            if child["Type"] == "/OBJR":
                self._kept.add(child.number)
                self._annotations[self._resolve(child["Obj"]).number] = element.reference
            else:
                child["P"] = element.reference
                self._register(child)

    def _list_ids(self) -> None:
        """Write the tree of ids, which is required where there are any (ISO 32000-1, 14.7.2).

        Each gets a prefix made of what the part shows, so that a merge need not change them.
        """
        names = pydyf.Array()
        if self._ids:
            shown = sha256()
            for page in self._pages:
                for item in self._resolve(page["Contents"]).stream:
                    if isinstance(item, (str, bytes)):
                        shown.update(item.encode() if isinstance(item, str) else item)
            prefix = shown.hexdigest()[:16]
            for identifier, reference in sorted(self._ids, key=lambda pair: pair[0].string):
                # The very object that the Headers of data cells hold, so they follow.
                identifier.string = f"{prefix}-{identifier.string}"
                names += [identifier, reference]
        tree = pydyf.Dictionary({"Names": names})
        self._pdf.add_object(tree)
        self._root["IDTree"] = tree.reference

    def _drop_unreached(self) -> None:
        for item in self._objects:
            unreached = isinstance(item, pydyf.Dictionary) and item.number not in self._kept
            if unreached and item.get("Type") in {"/StructElem", "/OBJR"}:
                item.clear()  # cannot be deleted: the numbers of all others would change

    def _write_parent_tree(self) -> None:
        nums = self._tree["Nums"]
        written = pydyf.Array()
        for key, value in zip(nums[::2], nums[1::2], strict=True):
            if key < len(self._pages):
                elements = [self._shown.get((key, mcid)) for mcid in range(len(value))]
                written += [key, pydyf.Array("null" if e is None else e for e in elements)]
                self._mark_artifacts(key, {n for n, e in enumerate(elements) if e is None})
        for item in self._objects:
            if item.number in self._annotations:
                written += [item["StructParent"], self._annotations[item.number]]
        self._tree["Nums"] = written

    def _mark_artifacts(self, page: int, mcids: set[int]) -> None:
        if not mcids:
            return
        content = self._resolve(self._pages[page]["Contents"]).stream
        for index, item in enumerate(content):
            if isinstance(item, pydyf.Dictionary) and item.get("MCID") in mcids:
                content[index - 1] = b"/Artifact"
                kind = "/Layout" if (page, item["MCID"]) in self._decorations else "/Pagination"
                content[index] = pydyf.Dictionary({"Type": kind})

    # --- single elements

    def _set_box(self, figure: Any) -> None:  # noqa: ANN401
        box = figure.get("A", {}).get("BBox")
        if box is None:
            return
        left, top, right, bottom = (_POINTS_PER_PIXEL * value for value in box)
        height = self._resolve(figure["Pg"])["MediaBox"][3]
        box[:] = [left, height - bottom, right, height - top]

    def _set_scopes(self, table: Any) -> None:  # noqa: ANN401
        """Say of each header cell whether it heads its row or its column."""
        rows = list(self._rows(table))
        referring: dict[str, set[int]] = {}
        for number, row in enumerate(rows):
            for cell in row:
                for header in cell.get("A", {}).get("Headers", ()):
                    referring.setdefault(header.string, set()).add(number)
        for number, row in enumerate(rows):
            has_data = any(cell["S"] == "/TD" for cell in row)
            for cell in row:
                if cell["S"] != "/TH" or "A" not in cell:
                    continue
                span = range(number, number + cell["A"].get("RowSpan", 1))
                users = referring.get(cell["ID"].string if "ID" in cell else "")
                heads_row = users <= set(span) if users else has_data
                cell["A"]["Scope"] = "/Row" if heads_row else "/Column"

    def _rows(self, element: Any) -> Iterator[list[Any]]:  # noqa: ANN401
        for kid in element["K"]:
            if isinstance(kid, int):
                continue
            child = self._resolve(kid)
            if child.get("S") == "/TR":
                cells = [self._resolve(cell) for cell in child["K"] if not isinstance(cell, int)]
                yield [cell for cell in cells if cell.get("S") in {"/TH", "/TD"}]
            elif child.get("S") in {"/THead", "/TBody", "/TFoot"}:
                yield from self._rows(child)
