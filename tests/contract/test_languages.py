"""Every word of ours is a label, and every label is there in every language."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from dataclasses import fields
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from babel import Locale
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

import candidate_cards
from candidate_cards import (
    Candidate,
    InputError,
    Labels,
    NotAvailableError,
    Plural,
    Shortlist,
    list_languages,
    load_labels,
    parse_shortlist,
    render_shortlist,
)
from candidate_cards._resources import resource_root
from candidate_cards.cards import DEFAULT_LABELS, DENSITIES, date_text
from candidate_cards.exports import list_formats
from candidate_cards.exports.email import render_email
from candidate_cards.models import FailedProfile
from command_line import candidate, invoke, sourcing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from babel.messages import Catalog, Message

ASKED_FOR: Final = frozenset({"ar", "cs", "de", "en", "es", "fr", "he", "pl", "sk"})
OTHERS: Final = tuple(name for name in list_languages() if name != "en")
RIGHT_TO_LEFT: Final = frozenset({"ar", "he"})
SETTINGS: Final = frozenset({"lang", "dir"})
COUNTS: Final = (*range(1200), 100_000)

#: Where a language says what English says, letter for letter.
SAME: Final[Mapping[str, frozenset[str]]] = {
    "ai": frozenset({"ar", "cs", "he", "pl", "sk"}),
    "colon": frozenset({"ar", "cs", "de", "es", "he", "pl", "sk"}),
    "comma": frozenset({"cs", "de", "es", "fr", "he", "pl", "sk"}),
    "contact": frozenset({"fr"}),
    "date": frozenset({"fr"}),
    "removed_link": frozenset({"pl"}),
    "reply_subject": frozenset(OTHERS),
}

_BRACES: Final = re.compile(r"\{\w*\}")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_LATIN_WORDS: Final = frozenset({"AI", "LinkedIn", "Re"})


def _catalog(language: str) -> Catalog:
    file = resource_root("locales") / language / "LC_MESSAGES" / "candidate_cards.po"
    return read_po(file.read_bytes().splitlines(keepends=True), abort_invalid=True)


def _english() -> dict[str, tuple[str, ...]]:
    """Return the English of every message, by its context."""
    texts: dict[str, tuple[str, ...]] = {}
    for field in fields(Labels):
        value = getattr(DEFAULT_LABELS, field.name)
        if field.name in SETTINGS:
            continue
        if isinstance(value, str):
            texts[field.name] = (value,)
        elif isinstance(value, Plural):
            texts[field.name] = value.forms
        else:
            texts |= {f"{field.name}.{key}": (text,) for key, text in value.items()}
    return texts


def _tuple(text: Any) -> tuple[str, ...]:  # noqa: ANN401  what Babel has it as
    return (text,) if isinstance(text, str) else tuple(text)


def _messages(language: str) -> dict[str, Message]:
    return {str(message.context): message for message in _catalog(language) if message.id}


def test_all_that_was_asked_for_is_there() -> None:
    """Nine languages at least, each with labels of its own object and its direction."""
    assert set(list_languages()) >= ASKED_FOR
    for name in list_languages():
        labels = load_labels(name)
        assert labels is load_labels(name)
        assert (labels.lang, labels.dir == "rtl") == (name, name in RIGHT_TO_LEFT)


@pytest.mark.parametrize("language", list_languages())
def test_a_catalogue_is_whole(language: str) -> None:
    """Each message of the English is there, sure and filled in, and no other."""
    english, messages = _english(), _messages(language)
    assert len(english) > 60
    assert list(messages) == list(english)
    for context, message in messages.items():
        assert _tuple(message.id) == english[context], context
        assert not message.fuzzy, context
        assert all(_tuple(message.string)), context
        if language == "en":
            assert _tuple(message.string) == english[context], context
    assert not _catalog(language).obsolete


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_in_braces_stays(language: str) -> None:
    """A translation holds what the English holds; only a form for one number may leave it out."""
    labels = load_labels(language)
    compared = 0
    for context, message in _messages(language).items():
        expected = sorted(_BRACES.findall(_english()[context][-1]))
        plural = getattr(labels, context, None)
        for index, text in enumerate(_tuple(message.string)):
            found = sorted(_BRACES.findall(text))
            compared += bool(found)
            if isinstance(plural, Plural) and not found:
                assert sum(plural[number] == plural.forms[index] for number in COUNTS) == 1
            else:
                assert found == expected, (context, text)
            assert not {"{", "}"} & set(_BRACES.sub("", text)), (context, text)
    assert compared > 10


@pytest.mark.parametrize("language", list_languages())
def test_each_number_has_the_form_that_the_language_has_for_it(language: str) -> None:
    """Forms and the plural categories of CLDR are the same for every number that a page may say."""
    category = Locale.parse(language).plural_form
    for plural in (load_labels(language).size, load_labels(language).more):
        marked = Plural(*map(str, range(len(plural.forms))), rule=plural._rule)
        pairs = {(category(number), marked[number]) for number in COUNTS}
        assert len(pairs) == len({form for _, form in pairs}) == len(plural.forms)
        assert len(pairs) == len({name for name, _ in pairs})


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_is_left(language: str) -> None:
    """No text is the English one but where it is listed; none holds two words of it in a row."""
    same = set()
    for context, message in _messages(language).items():
        english = " ".join(_english()[context])
        texts = _tuple(message.string)
        if set(texts) & set(_english()[context]):
            same.add(context)
            continue
        words = _WORD.findall(_BRACES.sub("", english).lower())
        pairs = {f"{one} {two}" for one, two in pairwise(words)}
        for text in texts:
            told = " ".join(_WORD.findall(_BRACES.sub("", text).lower()))
            assert not [pair for pair in pairs if f" {pair} " in f" {told} "], (context, text)
    assert same == {context for context, languages in SAME.items() if language in languages}


@pytest.mark.parametrize("language", sorted(RIGHT_TO_LEFT))
def test_another_script_has_no_latin_words(language: str) -> None:
    """Beside names that are written so everywhere."""
    read = 0
    for message in _messages(language).values():
        for text in _tuple(message.string):
            read += 1
            assert set(re.findall("[A-Za-z]+", _BRACES.sub("", text))) <= _LATIN_WORDS, text
    assert read > 60


@pytest.mark.parametrize("language", list_languages())
def test_a_day_is_written_as_people_do(language: str) -> None:
    """Day and year in Western digits, and the month by its name but in English."""
    labels = load_labels(language)
    months = {date_text(date(2026, month, 2), labels) for month in range(1, 13)}
    assert len(months) == 12
    assert {tuple(re.findall(r"\d+", text)) for text in months} == (
        {("2026", f"{month:02}", "02") for month in range(1, 13)}
        if language == "en"
        else {("2", "2026")}
    )
    assert all(text.isascii() or not re.search(r"[^\W0-9]\d", text) for text in months)


def test_a_day_in_a_language_that_nobody_knows() -> None:
    """Is the ISO date, for labels of somebody's own."""
    for lang in ("xx", "not a language", ""):
        assert date_text(date(2026, 9, 2), Labels(lang=lang)) == "2026-09-02"


# --- nothing beside the labels ------------------------------------------------------------------


class _Words(HTMLParser):
    """The words that people see or hear, in texts and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.words: Counter[str] = Counter()
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"style", "script"}
        for name, value in attrs:
            if name in {"alt", "title", "aria-label", "aria-roledescription", "placeholder"}:
                self.words.update(_WORD.findall(value or ""))

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"style", "script"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.update(_WORD.findall(data))


def _words(html: str) -> Counter[str]:
    reader = _Words()
    reader.feed(html)
    reader.close()
    return reader.words


#: The gallery is for whoever runs the service, and speaks English as its logs do.
_TEMPLATES: Final = tuple(
    sorted(
        path
        for path in Path(str(resource_root("templates"))).rglob("*.html")
        if path.parent.name != "gallery"
    )
)


@pytest.mark.parametrize("path", _TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_template_has_no_words_of_its_own(path: Path) -> None:
    """All that is not markup is a field of a view, or a label."""
    text = path.read_text("utf-8")
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)
    assert not _words(text)


def test_templates_were_looked_at() -> None:
    """Those of cards, messages, dossiers, pictures and frames."""
    folders = {path.parent.name for path in _TEMPLATES}
    assert folders >= {"card", "email", "dossier", "picture", "embed"}
    assert _words("<p title='of it'>Loose word<script>x = word</script></p>") == Counter(
        ("of", "it", "Loose", "word")
    )


def _greek(text: str) -> str:
    """Write a label so that it is known again: in Greek letters, with its braces."""
    return "".join(
        part if part.startswith("{") else re.sub(r"\w", "λ", part)
        for part in re.split(r"(\{\w*\})", text)
    )


def _greek_labels() -> Labels:
    values: dict[str, Any] = {}
    for field in fields(Labels):
        value = getattr(DEFAULT_LABELS, field.name)
        if field.name in SETTINGS:
            continue
        if isinstance(value, str):
            values[field.name] = _greek(value)
        elif isinstance(value, Plural):
            values[field.name] = Plural(*map(_greek, value.forms))
        else:
            values[field.name] = {key: _greek(text) for key, text in value.items()}
    return Labels(lang="el", **values)


_GREEK: Final = _greek_labels()
_PERSON: Final = {
    "profileId": "1",
    "name": "Ада",
    "currentRole": "Инженер",
    "currentCompany": "Завод",
    "location": "Город",
    "headline": "Заголовок",
    "matchScore": 90,
    "rationale": "Потому что. " * 40,
    "skills": ["Навык"] * 12,
    "aiFitPoints": ["Хорошо"] * 9,
    "aiRedFlags": ["Проверить"] * 9,
    "aiDetailedRationale": [
        {"title": "Инженер", "company": "Завод", "relevanceExplanation": "Важно"}
    ],
    "detailedExperience": [{"role": "Инженер", "company": "Завод", "duration": "5"}],
    "emails": ["1@2.test"],
    "linkedinUrl": "https://www.linkedin.com/in/1",
}
_CYRILLIC: Final = Shortlist(
    title="Роль",
    brief="Кого ищем.",
    client="Клиент",
    author="Автор",
    candidates=tuple(
        Candidate.model_validate({**_PERSON, "profileId": str(number), "matchScore": score})
        for number, score in enumerate((90, None))
    ),
    failed=(FailedProfile(profile_id="2"),),
)


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("format_name", list_formats())
def test_no_word_comes_from_anywhere_else(format_name: str, density: Any) -> None:  # noqa: ANN401
    """With Greek labels and Cyrillic data there is not one Latin word in any format."""
    html = render_shortlist(
        _CYRILLIC, format=format_name, density=density, labels=_GREEK, profile="internal"
    )
    words = _words(re.sub(r">https://[^<]*<", "><", html))
    assert "Ада" in words
    assert any(set(word) == {"λ"} for word in words)
    assert not [word for word in words if word.isascii() and word != "test"]


def test_nor_in_a_plain_text() -> None:
    """Subject and text of a message say what the labels say."""
    email = render_email(_CYRILLIC, density="detail", labels=_GREEK, profile="internal")
    text = re.sub(r"https://\S+|\S+@\S+", "", f"{email.subject}\n{email.text}")
    assert "λλλ" in text
    assert not re.search(r"[A-Za-z]{2}", text)


@pytest.mark.parametrize("language", list_languages())
def test_scores_are_in_western_digits(language: str) -> None:
    """Whatever digits a language has besides."""
    page = render_shortlist(_CYRILLIC, labels=load_labels(language), profile="internal")
    assert {digit for word in re.findall(r"\d+", page) for digit in word} <= set("0123456789")
    assert f">{90}<" in page


def test_every_label_is_used() -> None:
    """Nobody is asked to translate what stands nowhere."""
    sources = [
        path.read_text("utf-8")
        for folder in (Path(candidate_cards.__file__).parent, Path(str(resource_root("templates"))))
        for path in folder.rglob("*")
        if path.suffix in {".py", ".html"}
    ]
    used = set(re.findall(r"\blabels\.(\w+)", "\n".join(sources)))
    assert len(used) > 50
    assert {field.name for field in fields(Labels)} <= used


# --- a catalogue of one's own ---------------------------------------------------------------------


@pytest.fixture
def german(tmp_path: Path) -> Path:
    """A copy of the German catalogue."""
    path = tmp_path / "own.po"
    bundled = resource_root("locales") / "de" / "LC_MESSAGES" / "candidate_cards.po"
    path.write_bytes(bundled.read_bytes())
    return path


def _change(path: Path, old: str, new: str) -> Path:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    return path


def test_a_catalogue_of_ones_own(german: Path) -> None:
    """It is read by its path, once, and its header says which language it is."""
    _change(german, "Language: de\\n", "Language: de_CH\\n")
    _change(german, 'msgstr "Rang"', 'msgstr "Platz"')
    labels = load_labels(german)
    assert (labels.lang, labels.dir, labels.rank) == ("de-CH", "ltr", "Platz")
    assert load_labels(str(german)) is labels
    assert date_text(date(2026, 9, 2), labels) == "2. September 2026"


def test_all_that_is_wrong_is_told_at_once(german: Path) -> None:
    """Missing, empty, unsure and broken texts are listed by their fields."""
    _change(german, 'msgctxt "rank"', 'msgctxt "rang"')
    _change(german, 'msgstr "Ort"', 'msgstr ""')
    _change(german, 'msgctxt "date"', '#, fuzzy\nmsgctxt "date"')
    _change(german, 'msgstr "Seite {number} von {total}"', 'msgstr "Seite {number.real}"')
    _change(german, 'msgstr "Teil {number} von {total}"', 'msgstr "Teil {number} von {total"')
    _change(german, 'msgstr[1] "{count} Profile"', 'msgstr[1] ""')
    with pytest.raises(InputError) as caught:
        load_labels(german)
    assert [problem.field for problem in caught.value.problems] == [
        *("size", "rank", "part", "place", "date", "page")
    ]
    assert all(problem.source == str(german) for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Language: de\\n", "Team: we\\n", "has no Language"),
        ("Language: de\\n", "Language: klingonic\\n", "'klingonic' is not known"),
        ("plural=(n != 1)", "plural=n + 1", "Plural-Forms"),
        ("plural=(n != 1)", "plural=1 / n", "Plural-Forms"),
        ("plural=(n != 1)", "plural=__import__(1)", "Plural-Forms"),
        ("charset=UTF-8", "charset=klingonic", "no gettext catalogue"),
        ('msgstr "Rang"', "nonsense", "no gettext message"),
    ],
)
def test_a_header_that_cannot_be_used(german: Path, old: str, new: str, message: str) -> None:
    """Is an error that names the file and what is wrong."""
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        load_labels(_change(german, old, new))
    assert caught.value.problems[0].source == str(german)


@given(st.binary(max_size=300))
def test_no_file_is_more_than_an_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    """Whatever bytes it holds."""
    path = tmp_path_factory.mktemp("po") / "any.po"
    path.write_bytes(data)
    with pytest.raises(InputError):
        load_labels(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Or is a folder, or endless."""
    for path in (tmp_path / "none.po", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            load_labels(path)
    (tmp_path / "large.po").write_bytes(b"#" * (1 << 21))
    with pytest.raises(InputError, match="larger"):
        load_labels(tmp_path / "large.po")


@given(st.text(max_size=20).filter(lambda name: name not in list_languages()))
def test_a_language_that_there_is_not(name: str) -> None:
    """Names those that there are, and reads no file that a name might lead to."""
    is_path = "/" in name or name.endswith(".po")
    with pytest.raises(InputError if is_path else NotAvailableError) as caught:
        load_labels(name)
    assert is_path or "available: ar, cs" in str(caught.value)


@given(st.lists(st.integers(0, 10**9)))
def test_a_plural_keeps_few_of_its_texts(numbers: list[int]) -> None:
    """What is counted without end is not kept without end."""
    plural = Plural("one", "{count}")
    for number in numbers:
        assert plural[number] == ("one" if number == 1 else str(number))
    for number in range(3000):
        assert plural[number]
    assert len(plural) <= 1000


# --- the command line -----------------------------------------------------------------------------

_PEOPLE: Final = sourcing(candidate("p1", matchScore=91), candidate("p2"))


@pytest.mark.parametrize("language", list_languages())
def test_the_command_line_speaks_each(language: str, tmp_path: Path) -> None:
    """``--lang`` chooses the words, and the help names every language."""
    out = tmp_path / "page.html"
    result = invoke("render", "-", "-o", out, "--lang", language, stdin=_PEOPLE)
    assert result.exit_code == 0
    labels = load_labels(language)
    page = out.read_text("utf-8")
    assert f'<html lang="{language}" dir="{labels.dir}">' in page
    assert labels.size[2] in page
    told = " ".join(invoke("render", "--help").stdout.split())
    assert f"{', '.join(list_languages())}, or" in told


def test_the_command_line_takes_a_file(german: Path, tmp_path: Path) -> None:
    """And says what is wrong with one, before it reads candidates."""
    out = tmp_path / "shortlist.eml"
    _change(german, 'msgstr "Ohne Namen"', 'msgstr "Namenlos"')
    people = sourcing(candidate("p1", name=" "))
    assert invoke("render", "-", "-o", out, "--lang", german, stdin=people).exit_code == 0
    assert "Namenlos" in out.read_text("utf-8")
    missing = tmp_path / "none.po"
    for lang, code, told in (("xx", 2, "available: ar, cs"), (missing, 1, "cannot be read")):
        result = invoke("render", "-", "-o", out, "--lang", lang, stdin="no JSON")
        assert result.exit_code == code
        assert told in result.stderr


def test_english_needs_no_library() -> None:
    """What speaks of dates, plurals and catalogues is loaded for other languages alone."""
    code = (
        "import sys\n"
        "from datetime import date\n"
        "from candidate_cards import *\n"
        "from candidate_cards.cards import date_text\n"
        f"render_shortlist(parse_shortlist({_PEOPLE!r}), labels=load_labels('en'))\n"
        "assert date_text(date(2026, 9, 2), load_labels('en'))\n"
        "assert 'de' in list_languages()\n"
        "assert 'babel' not in sys.modules\n"
        "load_labels('de')\n"
        "assert 'babel' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_alone_candidate_has_a_page_in_each_language() -> None:
    """The sentence for assistive technology is in it too."""
    person = parse_shortlist(sourcing(candidate("p1", matchScore=91)))
    for language in list_languages():
        labels = load_labels(language)
        told = f"91 {labels.out_of}{labels.comma}{labels.bands['strong']} ({labels.ai})"
        assert f'aria-label="{told}"' in render_shortlist(person, labels=labels)
