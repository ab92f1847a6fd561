"""Templates are joined into one flat text, and every line of it knows where it comes from."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candidate_cards._resources import resource_root
from candidate_cards.errors import NotAvailableError, RenderingError
from candidate_cards.rendering.source import FlatSource, Origin, TemplateFolder, flatten
from scratch_templates import write_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

_MARK = re.compile(r"\[(\w+):(\d+)\]")

# A file is a list of lines; a line is words, a comment of some height or an include of a later
# file, alone or inside other words.
_line = st.one_of(
    st.just("mark"),
    st.integers(0, 3).map("comment {}".format),
    st.tuples(st.sampled_from(("include", "inside")), st.integers(1, 3)).map(
        lambda pair: f"{pair[0]} {pair[1]}"
    ),
)
_files = st.lists(st.lists(_line, min_size=1, max_size=5), min_size=4, max_size=4)


def _write(files: list[list[str]]) -> dict[str, str]:
    """Turn descriptions of files into templates whose lines name themselves."""
    texts: dict[str, str] = {}
    for index, lines in enumerate(files):
        out: list[str] = []
        for line in lines:
            kind, _, argument = line.partition(" ")
            mark = f"[f{index}:{sum(text.count(chr(10)) + 1 for text in out) + 1}]"
            target = index + int(argument or 0)
            include = f'{{% include "f{target}" %}}' if target < len(files) else mark
            if kind == "comment":
                out.append(f"{mark}{{# not\n{chr(10) * int(argument)}shown #}}")
            else:
                whole = {"mark": mark, "include": include, "inside": f"{mark} {include} {mark}"}
                out.append(whole[kind])
        texts[f"f{index}"] = "\n".join(out) + "\n"
    return texts


def _joined(name: str, texts: Mapping[str, str]) -> str:
    """Join files the naive way, to compare with."""
    text = re.sub(r"(?s)\{#.*?#\}", lambda found: "\n" * found[0].count("\n"), texts[name])
    return re.sub(
        r'\{% include "(\w+)" %\}', lambda found: _joined(found[1], texts), text.rstrip("\n")
    )


@settings(deadline=None)
@given(_files)
def test_each_line_knows_its_file(files: list[list[str]]) -> None:
    """Included text stands where the include stood, and each line is traced to a line it shows."""
    texts = _write(files)
    with TemporaryDirectory() as root:
        source = flatten("f0", write_folder(Path(root), texts))
    assert source.text == _joined("f0", texts)
    lines = source.text.split("\n")
    assert len(source.origins) == len(lines)
    for number, line in enumerate(lines, start=1):
        origin = source.origin(number)
        marks = {(name, int(at)) for name, at in _MARK.findall(line)}
        if marks:
            assert (origin.template, origin.line) in marks
        assert 1 <= origin.line <= texts[origin.template].count("\n")


def test_bundled_templates_are_flat() -> None:
    """Every bundled template that is not itself a part can be flattened, with no include left."""
    whole = [name for name in TemplateFolder().names() if re.search(r"/[a-z]\w*\.html$", name)]
    assert {"card/element.html", "card/fragment.html", "card/page.html"} <= set(whole)
    for name in whole:
        source = flatten(name, TemplateFolder())
        assert "{% include" not in source.text
        parts = {origin.template for origin in source.origins}
        assert (len(parts) > 1) == ("{% include" in TemplateFolder().read(name))


def test_an_error_points_at_the_file_to_edit(tmp_path: Path) -> None:
    """An error at a flat line names the included file and the line in it."""
    folder = write_folder(tmp_path, {"a": 'one\n{% include "b" %}\nfour', "b": "two\nthree"})
    source = flatten("a", folder)
    assert [str(source.error("wrong", line)) for line in range(1, 5)] == [
        "a:1: wrong",
        "b:1: wrong",
        "b:2: wrong",
        "a:3: wrong",
    ]
    error = source.error("wrong", 3)
    assert (error.template, error.line, error.message) == ("b", 2, "wrong")


def test_a_line_outside_the_text_is_the_nearest_one() -> None:
    """A position before the first or behind the last line is never an error of its own."""
    source = FlatSource("x\ny", [Origin("a", 1), Origin("a", 2)])
    assert [source.origin(line).line for line in (-3, 0, 1, 2, 99)] == [1, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("files", "chain"),
    [
        ({"a": '{% include "a" %}'}, "a > a"),
        ({"a": '{% include "b" %}', "b": "\n{% include 'a' %}"}, "a > b > a"),
    ],
)
def test_includes_that_never_end_are_refused(
    tmp_path: Path, files: dict[str, str], chain: str
) -> None:
    """A template that includes itself, at once or over others, names the circle."""
    with pytest.raises(RenderingError, match=re.escape(chain)):
        flatten("a", write_folder(tmp_path, files))


def test_includes_that_nest_too_deeply_are_refused(tmp_path: Path) -> None:
    """A chain of includes that is longer than any honest one is refused as such."""
    files = {f"f{step}": f'{{% include "f{step + 1}" %}}' for step in range(40)}
    with pytest.raises(RenderingError) as caught:
        flatten("f0", write_folder(tmp_path, {**files, "f40": "end"}))
    assert "includes itself" not in str(caught.value)


def test_a_missing_include_is_not_available(tmp_path: Path) -> None:
    """An include of a file that does not exist lists the files that do."""
    folder = write_folder(tmp_path, {"a": '{% include "b" %}', "deep/c": ""})
    with pytest.raises(NotAvailableError) as caught:
        flatten("a", folder)
    assert {"a", "deep/c", "card/_root.html"} <= set(caught.value.available)
    assert caught.value.name == "b"


@pytest.mark.parametrize("dash", ["", "-", "+"])
@pytest.mark.parametrize(
    "tag",
    [
        'extends "b"',
        'import "b" as b',
        'from "b" import c',
        "block x",
        "macro x()",
        "call x()",
        "set x = 1",
        "filter upper",
        "autoescape false",
        "raw",
        "include name",
        'include ["b"]',
        'include "b" ignore missing',
        'include "b" without context',
    ],
)
def test_what_cannot_be_flattened_is_refused(tmp_path: Path, tag: str, dash: str) -> None:
    """Constructs that another file or a mode decides are refused with file and line."""
    text = f"one\ntwo\n{{%{dash} {tag} %}}"
    folder = write_folder(tmp_path, {"a": '\n{% include "part" %}', "part": text, "b": ""})
    with pytest.raises(RenderingError) as caught:
        flatten("a", folder)
    assert (caught.value.template, caught.value.line) == ("part", 3)
    assert tag.split(maxsplit=1)[0] in caught.value.message


@pytest.mark.parametrize(
    "spelling", ['{%include "b"%}', "{%- include 'b' -%}", '{%\ninclude\n"b" %}']
)
def test_an_include_may_be_spelled_freely(tmp_path: Path, spelling: str) -> None:
    """Spaces, quotes and white-space control around an include do not matter."""
    folder = write_folder(tmp_path, {"a": f"<{spelling}>", "b": "text\n"})
    assert flatten("a", folder).text == "<text>"


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../a", "x/../a", "./a", "x//a", "x/", "."])
def test_a_name_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    """Only plain paths below the folder are read."""
    folder = write_folder(tmp_path / "inside", {"b": "text"})
    (tmp_path / "a").write_text("secret", encoding="utf-8")
    with pytest.raises(NotAvailableError):
        folder.read(name)


def test_an_own_file_comes_before_the_bundled_one(tmp_path: Path) -> None:
    """A folder of one's own replaces single files; the rest is the bundled templates."""
    folder = write_folder(tmp_path, {"card/_ai.html": "mine", "card/extra.html": "more"})
    assert folder.read("card/_ai.html") == "mine"
    assert folder.read("card/_root.html") == TemplateFolder().read("card/_root.html")
    assert set(folder.names()) == {*TemplateFolder().names(), "card/extra.html"}


def test_templates_are_read_from_a_zip_file() -> None:
    """A zipped wheel has no paths on disk; reading and listing work all the same."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("wheel/templates/mine/a.html", '<{% include "mine/b.html" %}>')
        archive.writestr("wheel/templates/mine/b.html", "text")
    with zipfile.ZipFile(packed) as archive:
        folder = TemplateFolder(zipfile.Path(archive, "wheel/templates/"))
        assert flatten("mine/a.html", folder).text == "<text>"
        assert {"mine/a.html", "mine/b.html"} <= set(folder.names())


def test_names_are_the_files_on_disk() -> None:
    """Every bundled file is listed once, by its path below the folder."""
    root = Path(str(resource_root("templates")))
    files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    names = TemplateFolder().names()
    assert set(names) == files
    assert names == sorted(names)
