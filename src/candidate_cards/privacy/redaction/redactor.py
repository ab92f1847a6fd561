"""One person's redactor: what is found, what is put in its place, and a last look."""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from .contacts import (
    Contact,
    Ids,
    find_emails,
    find_handles,
    find_links,
    find_phones,
    names_somebody,
    other_spellings,
)
from .employers import Employers
from .folding import any_of, fold, views, word_pattern
from .gender import find_gendered
from .identity import Lexicon
from .matching import find_names
from .records import SEPARATOR, Choices, Find

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .folding import View
    from .others import Others
    from .records import Kind, Person, Placeholders

_MOST_LOOKS: Final = 4
_CONTEXT: Final = 40  # characters on either side
_OPAQUE: Final = "\ufffc"
_STRONGEST_FIRST: Final[tuple[Kind, ...]] = (
    "email",
    "link",
    "phone",
    "handle",
    "name",
    "id",
    "other",
    "employer",
    "title",
    "pronoun",
)
_RANK: Final = {kind: rank for rank, kind in enumerate(_STRONGEST_FIRST)}


class _Question(NamedTuple):
    """What a person may decide on."""

    id: str
    kind: Kind


class _Span(NamedTuple):
    """A piece of the text that is written, and what becomes of it."""

    start: int
    end: int
    kind: Kind
    replacement: str
    certain: bool = True
    kept: bool = False
    questions: tuple[_Question, ...] = ()

    def joined_by(self, other: _Span) -> _Span:
        """Return one span for two that overlap: the stronger kind, and nothing is lost.

        It stays only if both do. What is removed for certain is nobody's to decide on.
        """
        best = min(self, other, key=lambda span: (span.kept, _RANK[span.kind], not span.certain))
        certain = self.certain or other.certain
        return best._replace(
            start=min(self.start, other.start),
            end=max(self.end, other.end),
            certain=certain,
            questions=() if certain else (*dict.fromkeys((*self.questions, *other.questions)),),
        )


class Redactor:
    """Takes what tells who a person is out of any number of texts.

    Args:
        person: Whom to look for; ``None`` for a text that belongs to nobody.
        words: What stands in place of addresses, links and telephone numbers.
        identify: Makes the id of an uncertain find from code, path, kind and folded word, parted
            by U+001F; the word has a capital if it was written with one.
        choices: What is hidden.
        others: People whose full names are hidden too.
        decide: Answers for the id of an uncertain find: ``True`` to remove it, ``False`` to keep
            it, ``None`` for the rule.
    """

    def __init__(  # noqa: PLR0913  each is a part of the profile that the caller holds
        self,
        person: Person | None,
        *,
        words: Placeholders,
        identify: Callable[[str], str],
        choices: Choices = Choices(),  # noqa: B008  immutable
        others: Others | None = None,
        decide: Callable[[str], bool | None] | None = None,
    ) -> None:
        self._person = person
        self._code = person.code if person else ""
        self._words = words
        self._identify = identify
        self._decide = decide
        self._choices = choices
        self._others = others if choices.names else None
        self._lexicons: list[Lexicon] = []
        self._ids: Ids | None = None
        self._employers: Employers | None = None
        if person is not None:
            vocabulary = frozenset(
                fold(word) for text in person.vocabulary for word in word_pattern().findall(text)
            )
            if choices.names:
                lexicon = Lexicon(person.name, vocabulary)
                self._lexicons.append(lexicon)
                for name in other_spellings(person, lexicon):
                    self._lexicons.append(Lexicon(name, vocabulary))
                self._ids = Ids(person)
            if person.employers:
                self._employers = Employers(person.employers, vocabulary)
        self._opaque = tuple(self._opaque_patterns())
        self._finds: dict[str, Find] = {}
        self._counts: Counter[Kind] = Counter()

    def __repr__(self) -> str:
        return f"Redactor({self._code!r})"

    @property
    def finds(self) -> tuple[Find, ...]:
        """The uncertain finds of all texts so far, in their order."""
        return tuple(self._finds.values())

    @property
    def counts(self) -> Mapping[Kind, int]:
        """How much was replaced for certain, by kind."""
        return MappingProxyType(self._counts)

    def text(self, value: str, path: str) -> str:
        """Return a text without what tells who the person is.

        Never raises, and is linear in the length of the text.

        Args:
            value: Any string.
            path: The field it stands in, for the report.
        """
        found: dict[str, Find] = {}
        text = value
        for _ in range(_MOST_LOOKS):
            spans = self._spans(text, path)
            text = self._replaced(text, spans, path, found)
            if all(span.kept for span in spans):
                break
        else:
            # What still is found after that many looks is made to be found.
            text = self._code
        for find in found.values():
            self._finds.setdefault(find.id, find)
        return text

    def _opaque_patterns(self) -> Iterator[re.Pattern[str]]:
        """Yield the patterns of all that is put in: it is nobody's name."""
        words = {self._code, self._words.email, self._words.link, self._words.phone}
        if self._person is not None:
            words |= {replacement for _, replacement in self._person.employers}
        for pattern in (any_of(words), self._others and self._others.opaque):
            if pattern:
                yield pattern

    def _spans(self, text: str, path: str) -> list[_Span]:
        """Return what is to be done, in order and apart."""
        masked = text
        for pattern in self._opaque:
            masked = pattern.sub(lambda match: _OPAQUE * len(match[0]), masked)
        found: list[_Span] = []
        doubtful: dict[tuple[int, int], _Span] = {}
        for view in views(masked):
            for span in self._found_in(view):
                place = view.place(span.start, span.end)
                placed = span._replace(start=place[0], end=place[1])
                if placed.certain:
                    found.append(placed)
                elif place in doubtful:  # one word is one question, whatever it may be
                    doubtful[place] = doubtful[place].joined_by(placed)
                else:
                    doubtful[place] = placed
        found += [self._decided(span, path, text) for span in doubtful.values()]
        found.sort(key=lambda span: (span.start, -span.end))
        return _apart(found)

    def _decided(self, span: _Span, path: str, text: str) -> _Span:
        """Return a span that is uncertain with its question, and as a person has answered it."""
        question = _Question(self._name_of(span, path, text), span.kind)
        decision = self._decide(question.id) if self._decide else None
        kept = span.kept if decision is None else not decision
        return span._replace(kept=kept, questions=(question,))

    def _name_of(self, span: _Span, path: str, text: str) -> str:
        written = text[span.start : span.end]
        # "will" and "Will" are two questions, "Will" and "WILL" are one.
        word = fold(written) if written[:1].islower() else fold(written).capitalize()
        return self._identify(SEPARATOR.join((self._code, path, span.kind, word)))

    def _found_in(self, view: View) -> Iterator[_Span]:
        text = view.text
        yield from self._contacts(text)
        if self._ids is not None:
            for start, end, certain in self._ids.find(text):
                yield _Span(start, end, "id", self._code, certain)
        for lexicon in self._lexicons:
            for name in find_names(text, lexicon, titles=self._choices.titles):
                kind: Kind = "title" if name.title else "name"
                replacement = "" if name.title else self._code
                yield _Span(name.start, name.end, kind, replacement, name.certain, name.kept)
        if self._others is not None:
            for other in self._others.find(text, self._code):
                yield _Span(other.start, other.end, "other", other.code)
        if self._employers is not None:
            for mention in self._employers.find(text):
                yield _Span(
                    mention.start,
                    mention.end,
                    "employer",
                    mention.replacement,
                    mention.certain,
                    mention.kept,
                )
        for word in find_gendered(text, self._choices.gender_languages, self._code):
            yield _Span(word.start, word.end, word.kind, word.replacement)

    def _contacts(self, text: str) -> Iterator[_Span]:
        choices, words = self._choices, self._words
        for contact in find_emails(text):
            if choices.emails or self._tells(text, contact):
                yield _Span(*contact[:3], words.email)
        for contact in find_links(text):
            if choices.links or self._tells(text, contact):
                yield _Span(*contact[:3], words.link)
        for contact in find_handles(text):
            tells = self._tells(text, contact)
            if choices.links or tells:
                yield _Span(*contact[:3], words.link, certain=tells)
        if choices.phones:
            for contact in find_phones(text):
                yield _Span(*contact[:3], words.phone)

    def _tells(self, text: str, contact: Contact) -> bool:
        """Tell whether an address holds a part of the name, or an id."""
        written = text[contact.start : contact.end]
        if any(names_somebody(written, lexicon) for lexicon in self._lexicons):
            return True
        return self._ids is not None and any(self._ids.find(written))

    def _replaced(
        self, text: str, spans: Sequence[_Span], path: str, found: dict[str, Find]
    ) -> str:
        pieces: list[str] = []
        places: list[tuple[_Span, int, int]] = []
        position = length = 0
        for span in spans:
            if span.kept:
                new = text[span.start : span.end]
            else:
                new = span.replacement
                if span.certain:
                    self._counts[span.kind] += 1
            before = text[position : span.start]
            pieces += (before, new)
            length += len(before) + len(new)
            position = span.end
            if span.questions:
                places.append((span, length - len(new), length))
        pieces.append(text[position:])
        result = "".join(pieces)
        for span, start, end in places:
            for question in span.questions:
                if question.id not in found or found[question.id].removed is False:
                    found[question.id] = Find(
                        path=path,
                        word=text[span.start : span.end],
                        context=result[max(start - _CONTEXT, 0) : end + _CONTEXT],
                        kind=question.kind,
                        certain=False,
                        removed=not span.kept,
                        code=self._code,
                        id=question.id,
                    )
        return result


def _apart(found: Sequence[_Span]) -> list[_Span]:
    """Return spans that do not overlap: those that do become one."""
    result: list[_Span] = []
    for span in found:
        if result and span.start < result[-1].end:
            result[-1] = result[-1].joined_by(span)
        else:
            result.append(span)
    return result
