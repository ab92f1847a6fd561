"""Whatever a field or a theme holds, a dossier fetches nothing and takes no age."""

from __future__ import annotations

import base64
import json
import math
import os
import re
import site
import subprocess
import sys
import sysconfig
import time
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pikepdf
import pytest
import watched_rendering
from dossier_reading import Dossier, squeezed
from pikepdf import Pdf

from candidate_cards import Candidate, InputError, Shortlist, parse_shortlist
from candidate_cards._resources import resource_root
from candidate_cards.cards import DEFAULT_BANDS
from candidate_cards.exports import render
from candidate_cards.exports._pdf.engine import render_pdf
from candidate_cards.exports.pdf import DossierFacts, Limits, PdfPool, _Dossier, render_dossier
from command_line import candidate, sourcing
from hostile_corpus import (
    BAD_URLS,
    EMAIL_FIELD,
    HOSTILE_EMAILS,
    SHORT_PAYLOADS,
    TEXT_FIELDS,
    URL_FIELD,
    harmless_candidate,
    replace_texts,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARKER: Final = "watched-file-4711"

#: Each reaches for SERVER or for FILE, in one of the ways in which WeasyPrint would.
_VECTORS: Final = (
    "<img src=SERVER/a.png>",
    "<img src=FILE>",
    "<link rel=stylesheet href=SERVER/a.css>",
    "<link rel=attachment href=FILE>",
    "<a rel=attachment href=FILE>CV</a>",
    '"><a rel="attachment" href="FILE">CV</a>',
    "<style>@import url(SERVER/b.css); @import 'FILE'</style>",
    "</style><style>*{background:url(SERVER/c.png)}</style>",
    "</p><p style='background:url(SERVER/d.png)'>x",
    "red; background: url(FILE)",
    "};@import 'SERVER/e.css';{",
    "*{list-style-image:url(SERVER/f);border-image:url(SERVER/g)}",
    "@font-face{font-family:Inter;src:url(FILE)}",
    "@color-profile --c{src:url(SERVER/h)}",
    "<svg xmlns='http://www.w3.org/2000/svg'><image href='SERVER/i.png'/></svg>",
    "<svg><image xlink:href='FILE'/><use href='FILE#x'/></svg>",
    "<img src=\"data:image/svg+xml,<svg><image href='SERVER/j.png'/></svg>\">",
    "<object data=FILE></object><embed src=SERVER/k>",
    "<base href=SERVER><img src=l.png>",
    "<iframe src=FILE></iframe><video poster=SERVER/m></video>",
    "url(SERVER/n)",
    "url(FILE)",
    "attr(href url)",
    "FILE",
    "SERVER/o",
    "\\75rl(FILE)",
    "<meta http-equiv=refresh content='0;url=SERVER/p'>",
    "<script>fetch('SERVER/q')</script>",
)
_SERVER: Final = "http://127.0.0.1:9"

_THEMES: Final = {
    "color": '[color]\nlink = "url(SERVER/t)"',
    "color-import": '[color]\nlink = "#123456;}@import url(SERVER/t);"',
    "font": '[font]\nfamily = ["x;}@import url(SERVER/t);{"]',
    "font-url": '[font]\nfamily = ["url(FILE)"]',
    "font-face": '[font]\nfamily = ["Inter\\";src:url(FILE);\\""]',
    "length": '[length]\nradius = "1px;background:url(SERVER/t)"',
    "name": 'name = "</style><link rel=attachment href=FILE>"',
    "description": 'description = "<img src=SERVER/t>"',
    "logo-file": '[logo]\nfile = "FILE"\nalt = "Acme"',
    "logo-server": '[logo]\nfile = "SERVER/logo.svg"\nalt = "Acme"',
    "logo-alt": '[logo]\nfile = "plain.svg"\nalt = "\\"><img src=SERVER/t>"',
    "logo-image": '[logo]\nfile = "image.svg"\nalt = "Acme"',
    "logo-style": '[logo]\nfile = "style.svg"\nalt = "Acme"',
    "logo-use": '[logo]\nfile = "use.svg"\nalt = "Acme"',
    "logo-entity": '[logo]\nfile = "entity.svg"\nalt = "Acme"',
    "extends": 'extends = "FILE"',
}
_SVG: Final = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{}</svg>'
_LOGOS: Final = {
    "plain.svg": _SVG.format('<rect width="9" height="9" fill="#123456"/>'),
    "image.svg": _SVG.format('<image href="SERVER/l.png" width="9" height="9"/>'),
    "style.svg": _SVG.format("<style>@import url(SERVER/l.css); *{fill:url(FILE)}</style>"),
    "use.svg": _SVG.format('<use href="FILE#a"/><a href="SERVER"><rect/></a>'),
    "entity.svg": "<!DOCTYPE svg [<!ENTITY x SYSTEM 'FILE'>]>" + _SVG.format("<text>&x;</text>"),
}


def _aimed(text: str, secret: Path) -> str:
    return text.replace("SERVER", _SERVER).replace("FILE", secret.as_uri())


def _hostile_people(secret: Path) -> list[dict[str, Any]]:
    """Return candidates in which each group of payloads is in each field, and vectors too."""
    groups: dict[str, list[str]] = {}
    for payload in SHORT_PAYLOADS:
        groups.setdefault(payload.group, []).append(payload.text)
    groups["vector"] = [_aimed(vector, secret) for vector in _VECTORS]
    texts = list(groups.values())
    people = []
    for number in range(len(texts)):
        chosen = {}
        for at, field in enumerate(TEXT_FIELDS):
            group = texts[(number + at) % len(texts)]
            chosen[field] = group[(7 * number + 3 * at) % len(group)]
        chosen[URL_FIELD] = BAD_URLS[5 * number % len(BAD_URLS)]
        chosen[EMAIL_FIELD] = HOSTILE_EMAILS[number % len(HOSTILE_EMAILS)]
        people.append(replace_texts(harmless_candidate(f"p{number}"), chosen))
    return people


def _vector_people(secret: Path) -> list[dict[str, Any]]:
    """Return candidates in which each vector is in each field."""
    return [
        replace_texts(
            harmless_candidate(f"v{number}"),
            {field: _aimed(vector, secret) for field in (*TEXT_FIELDS, URL_FIELD, EMAIL_FIELD)},
        )
        for number, vector in enumerate(_VECTORS)
    ]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a process that rendered all of it reached for."""
    folder = tmp_path_factory.mktemp("hostile")
    secret = folder / "secret.txt"
    secret.write_text(_MARKER)
    for name, text in _LOGOS.items():
        (folder / name).write_text(_aimed(text, secret))
    themes = []
    for name, text in _THEMES.items():
        path = folder / f"{name}.toml"
        base = "" if "extends" in text else 'extends = "light"\n'
        title = "" if text.startswith("name") else f'name = "{name}"\n'
        path.write_text(f"{title}{base}{_aimed(text, secret)}\n")
        themes.append(os.fspath(path))
    people = _hostile_people(secret)
    by_hand = _vector_people(secret)
    frame = {
        key: _aimed(_VECTORS[number], secret)
        for number, key in enumerate(("title", "brief", "client", "author"))
    }
    done = subprocess.run(
        [sys.executable, watched_rendering.__file__],
        input=json.dumps(
            {"candidates": people, "by_hand": by_hand, "themes": themes, "frame": frame}
        ),
        capture_output=True,
        check=False,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["candidates"] == [len(people), len(by_hand)]
    assert answer["pictures"] == 5
    return answer


def test_nothing_is_fetched(watched: dict[str, Any]) -> None:
    """No connection, no program, no file but the package's, Python's and the temporary ones."""
    assert {"open", "socket.connect"} <= set(watched["caught"])  # the guard proves it looked
    templates, themes = map(str, (resource_root("templates"), resource_root("themes")))
    allowed = (
        str(Path(render_dossier.__code__.co_filename).parents[1]),
        templates,
        themes,
        watched["temporary"] + os.sep + "tmp",  # what tempfile makes
        sys.base_prefix,
        sys.prefix,
        *sysconfig.get_paths().values(),
        *site.getsitepackages(),
    )
    foreign = [
        (event, path)
        for event, path in watched["reached"]
        if event not in {"open", "os.listdir", "os.scandir"} or not path.startswith(allowed)
    ]
    # Theme files and the logos beside them are given by whoever asks for them.
    given = re.compile(r"(?:[\w-]+\.toml|(?:plain|image|style|use|entity)\.svg)")
    unasked = [pair for pair in foreign if not given.fullmatch(Path(pair[1]).name)]
    assert unasked == []


def test_nothing_is_carried_along(watched: dict[str, Any]) -> None:
    """No attachment, no script, no action but links to LinkedIn and to addresses."""
    dossiers = [base64.b64decode(item) for item in watched["dossiers"]]
    dossiers += [base64.b64decode(t) for t in watched["themes"].values() if t != "refused"]
    assert len(dossiers) > 4
    addresses = set()
    for data in dossiers:
        assert _MARKER.encode() not in data
        with Pdf.open(BytesIO(data)) as pdf:
            for item in pdf.objects:
                addresses |= set(_addresses(item))
    assert addresses
    for address in addresses:
        parts = urlsplit(address)
        if parts.scheme == "mailto":
            assert "?" not in address
        else:
            host = parts.hostname or ""
            assert parts.scheme == "https"
            assert host == "linkedin.com" or host.endswith(".linkedin.com"), address


_FORBIDDEN: Final = frozenset(
    f"/{name}"
    for name in re.findall(
        r"\w+",
        "JavaScript JS EmbeddedFile EmbeddedFiles Launch GoToR GoToE AF AA OpenAction SubmitForm "
        "ImportData RichMedia AcroForm Rendition Movie Sound XFA FileAttachment Filespec",
    )
)


def _addresses(item: Any) -> Iterator[str]:  # noqa: ANN401  a pikepdf object
    """Check an object, and yield the addresses in it."""
    waiting = [item]
    while waiting:
        item = waiting.pop()
        if isinstance(item, pikepdf.Array):
            waiting += [part for part in item if not getattr(part, "is_indirect", False)]
        elif isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
            for key, value in item.items():
                assert key not in _FORBIDDEN, key
                if isinstance(value, pikepdf.Name):
                    assert str(value) not in _FORBIDDEN, value
                if key == "/URI":
                    yield str(value)
                if not getattr(value, "is_indirect", False):
                    waiting.append(value)


def test_hostile_text_is_shown_as_the_text_that_it_is(watched: dict[str, Any]) -> None:
    """Markup and addresses stand on the page, letter by letter."""
    dossier = Dossier(base64.b64decode(watched["dossiers"][0]))
    text = squeezed("".join(dossier.poppler))
    for vector in ("<linkrel=attachmenthref=file:", "<styl", "url(file:", "{{7*191}}"):
        assert vector in text


# --- time


_LENGTH: Final = 500
_MOST: Final = 5
_FRAME_FIELDS: Final = ("title", "brief", "client", "author")
_KINDS: Final = {
    "prose": "Led the platform team through three migrations and a merger. ",
    "cjk": "数据平台工程师エンジニア",
    "token": "x",
    "marks": "e\u0301\u0302\u0303\u0308\u030a\u0327\u0328\u0331",
}


def _section(person: Candidate) -> tuple[str, str]:
    """Return what the engine is handed for a candidate."""
    rendering = render(person, format="pdf", theme="light", profile="internal")
    dossier = _Dossier(rendering, "A4", DossierFacts(), DEFAULT_BANDS)
    job = dossier._job("section", dossier._view(), Path(), "", cards=rendering.cards)
    return job.html, job.stylesheet


def _frame(shortlist: Shortlist, part: str) -> tuple[str, str]:
    """Return what the engine is handed for a part beside the candidates."""
    rendering = render(shortlist, format="pdf", theme="light")
    dossier = _Dossier(rendering, "A4", DossierFacts(), DEFAULT_BANDS)
    job = dossier._job(part, dossier._view(dossier._contents([1], 2)), Path(), "")
    return job.html, job.stylesheet


def _cost(part: tuple[str, str]) -> float:
    """Return the seconds of this process that a part takes."""
    before = time.process_time()
    render_pdf(*part)
    return time.process_time() - before


def _length_of(kind: str, length: int) -> str:
    pattern = _KINDS[kind]
    return (pattern * (length // len(pattern) + 1))[:length]


def _ratio(short: tuple[str, str], long: tuple[str, str]) -> float:
    """Return how much more the second part takes; the lowest of up to three, as noise adds."""
    ratios: list[float] = []
    while len(ratios) < 3 and min(ratios, default=math.inf) > _MOST:
        ratios.append(_cost(long) / _cost(short))
    return min(ratios)


@pytest.mark.parametrize("kind", _KINDS)
def test_four_times_the_text_takes_at_most_five_times_the_time(kind: str) -> None:
    """In all fields of a candidate at once, and in each text of the frame."""

    def loaded(length: int) -> Shortlist:
        text = _length_of(kind, length)
        person = replace_texts(harmless_candidate(), dict.fromkeys(TEXT_FIELDS, text))
        return parse_shortlist(
            json.dumps({"candidates": [person], **dict.fromkeys(_FRAME_FIELDS, text)})
        )

    short, long = loaded(_LENGTH), loaded(4 * _LENGTH)
    assert len(str(long.candidates[0].rationale)) > 3 * len(str(short.candidates[0].rationale))
    assert _ratio(_section(short.candidates[0]), _section(long.candidates[0])) <= _MOST
    for part in ("front", "contents", "notice"):
        assert _ratio(_frame(short, part), _frame(long, part)) <= _MOST


def test_what_is_not_linear_is_noticed() -> None:
    """The test above would see it: a table's columns cost the engine their square."""
    _, sheet = _section(Candidate(profile_id="p"))

    def spanning(columns: int) -> tuple[str, str]:
        return f"<table><tr><td colspan={columns}>x</td></tr></table>", sheet

    assert _ratio(spanning(2_000), spanning(8_000)) > _MOST


# --- size


@pytest.fixture(scope="module")
def pool() -> Iterator[PdfPool]:
    """Two processes with the usual limits."""
    with PdfPool(2, Limits(seconds=60)) as running:
        yield running


_HUGE: Final = {
    "rationale": lambda: sourcing(candidate("p1", rationale="All is well here. " * 600_000)),
    "token": lambda: sourcing(candidate("p1", rationale="W" * 10_000_000)),
    "roles": lambda: sourcing(
        candidate(
            "p1",
            detailedExperience=[
                {"role": f"Role {n}", "company": "Acme", "highlights": ["One", "Two"]}
                for n in range(10_000)
            ],
        )
    ),
    "points": lambda: sourcing(candidate("p1", aiFitPoints=["Word " * 20] * 10_000)),
    "skills": lambda: sourcing(candidate("p1", skills=["Skill"] * 100_000)),
    "list": lambda: "[" * 200_000 + "]" * 200_000,
    "object": lambda: '{"candidates":' * 50_000 + "1" + "}" * 50_000,
    "extra": lambda: '{"profileId":"p1","name":"Ada","more":' + "[" * 5_000 + "]" * 5_000 + "}",
    "name": lambda: sourcing(candidate("p1", name="N" * 5_000_000)),
}


@pytest.mark.parametrize("kind", _HUGE)
def test_huge_input_ends_in_a_dossier_or_an_error(kind: str, pool: PdfPool) -> None:
    """It is cut, or refused in words, within the time of one part; the next dossier is right."""
    text = _HUGE[kind]()
    try:
        shortlist = parse_shortlist(text)
    except InputError as error:
        refusal = str(error)
        assert 0 < len(refusal) < 5_000
    else:
        data = render_dossier(shortlist, pool=pool)
        assert shortlist.problems  # what was cut was said
        assert len(Dossier(data)) < 150
    plain = Candidate(profile_id="p", name="Ada")
    assert render_dossier(plain, pool=pool) == render_dossier(plain)
