"""Any payload of the vendor, or a saved shortlist, to a ``Shortlist``: nothing lost unsaid.

1. Bytes become records: a JSON document, or JSON Lines (``_records``).
2. A record's shape is told from its keys; a run that has no results yet is a problem.
3. Each person in it is cleaned, validated and reported on (``_cleaning``).
4. Records of the same person are merged; the first appearance decides the rank.
5. The shortlist lists failed profiles and every problem. Only if there is nothing to list is an
   ``InputError`` raised, with all problems of all sources.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from ._cleaning import (
    CANDIDATE_KEYS,
    HEADER_KEYS,
    PREVIEW_KEYS,
    PROFILE_ID_KEYS,
    Cleaner,
    kind_of,
)
from ._records import NotJsonError, decode, not_valid, parse_records, read_records, stream_lines
from ._text import clean_text
from .errors import InputError, Problem
from .models import Candidate, FailedProfile, Shortlist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ._records import Place, Record
    from .errors import Severity

    Source = str | os.PathLike[str] | IO[bytes] | IO[str]

STANDARD_INPUT: Final = "-"

_ACCEPTED: Final = (
    "accepted are sourcing, preview and enrichment results, a candidate, a list of these, "
    "JSON Lines of these, and a saved shortlist"
)
_RUN_KEYS: Final = frozenset({"requestId", "status", "candidates", "data"})
_PERSON_KEYS: Final = CANDIDATE_KEYS | PREVIEW_KEYS | {"candidate"}
_STATUSES: Final = ("processing", "completed", "failed")
_MOST_OF_MESSAGE: Final = 200  # of the vendor's words in ours
_MOST_OF_LABEL: Final = 1000


def load_shortlist(
    *sources: Source,
    title: str | None = None,
    brief: str | None = None,
    client: str | None = None,
    author: str | None = None,
) -> Shortlist:
    """Read sources into one shortlist.

    A profile that is in several records is merged: later values win unless they are empty. The
    order is that of first appearance, which is the vendor's ranking.

    Args:
        *sources: Paths, ``-`` for standard input, or open files, which stay open.
        title: The role; this and the others win over what a saved shortlist says.
        brief: What the role asks for.
        client: The company that fills it.
        author: Who made the selection.

    Returns:
        The shortlist. Its ``problems`` list what could not be used (errors) and what was changed
        (notices).

    Raises:
        InputError: There is neither a candidate nor a failed profile, for the reasons listed. A
            finished run that found nobody is no reason.
    """
    draft = _Draft()
    if not sources:
        draft.problems.append(Problem("name at least one file, or - for standard input"))
    for source in sources:
        reader = _Reader(_label(source), draft.note)
        draft.add(reader, reader.read_source(source))
    return draft.finish(title=title, brief=brief, client=client, author=author)


def parse_shortlist(  # noqa: PLR0913  # a shortlist has four texts of its own
    payload: str | bytes,
    *,
    source: str = "<string>",
    title: str | None = None,
    brief: str | None = None,
    client: str | None = None,
    author: str | None = None,
) -> Shortlist:
    """Read one payload that is already in memory; see ``load_shortlist``.

    Args:
        payload: Text, or bytes in UTF-8, UTF-16 or UTF-32.
        source: What problems call it.
        title: The role.
        brief: What the role asks for.
        client: The company that fills it.
        author: Who made the selection.

    Raises:
        InputError: There is neither a candidate nor a failed profile, for the reasons listed.
    """
    header = {"title": title, "brief": brief, "client": client, "author": author}
    return parse_within(payload, source=source, header=header)


def parse_within(
    payload: str | bytes,
    *,
    source: str,
    header: Mapping[str, str | None],
    most_problems: int | None = None,
) -> Shortlist:
    """Read one payload as `parse_shortlist` does, unless it is hopeless.

    Args:
        payload: As there.
        source: As there.
        header: Title, brief, client and author.
        most_problems: Give up after so many; a megabyte can have half a million. ``None`` for no
            limit.

    Raises:
        InputError: As there, or there are too many problems.
    """
    draft = _Draft(most_problems)
    reader = _Reader(source, draft.note)
    draft.add(reader, reader.people(parse_records(payload, reader.report_text)))
    return draft.finish(**header)


def iter_candidates(
    source: Source, *, on_problem: Callable[[Problem], None] | None = None
) -> Iterator[Candidate]:
    """Yield the candidates of one source as they come; JSON Lines are never in memory as a whole.

    Records of the same person are not merged. A failed profile is a problem here.

    Args:
        source: A path, ``-`` for standard input, or an open file, which stays open.
        on_problem: Called with each problem, before the next candidate. Without it, errors are
            raised at the end and notices are left out.

    Raises:
        InputError: After the last candidate, and only without ``on_problem``.
    """
    errors: list[Problem] = []

    def keep_error(problem: Problem) -> None:
        if problem.severity == "error":
            errors.append(problem)

    reader = _Reader(_label(source), on_problem or keep_error)
    for person in reader.stream_source(source):
        if isinstance(person, Candidate):
            yield person
        else:
            reader.note_failed(person)
    if errors:
        raise InputError(errors)


def read_record(
    text: bytes, *, source: str, line: int | None, on_problem: Callable[[Problem], None]
) -> Iterator[Candidate | FailedProfile]:
    """Yield the people of one record, whoever has taken it out of its source.

    Args:
        text: One JSON value, in UTF-8.
        source: What problems call the source.
        line: The line that holds all of it; ``None`` for a document of several.
        on_problem: Called with each problem, before the next person. A failed profile is one too.
    """
    reader = _Reader(source, on_problem)
    try:
        record = decode(text)
    except NotJsonError as error:
        reader.report_text(error.message, line=line or error.line, column=error.column)
        return
    record.line = line
    for person in reader.people(iter((record,))):
        if isinstance(person, FailedProfile):
            reader.note_failed(person)
        yield person


class _Draft:
    """A shortlist in the making."""

    def __init__(self, most_problems: int | None = None) -> None:
        self.problems: list[Problem] = []
        self._most_problems = most_problems
        self._candidates: dict[str, Candidate] = {}
        self._lists: dict[str, object] = {}
        self._failed: dict[FailedProfile, None] = {}
        self._header: dict[str, str | None] = {}

    def note(self, problem: Problem) -> None:
        """Keep a problem, unless it is one too many."""
        if len(self.problems) == self._most_problems:
            message = f"has more than {self._most_problems:,} problems; it was not read to its end"
            raise InputError([Problem(message, problem.source), *self.problems])
        self.problems.append(problem)

    def add(self, reader: _Reader, people: Iterator[Candidate | FailedProfile]) -> None:
        for person in people:
            if isinstance(person, FailedProfile):
                if person in self._failed:
                    message = "is the same failure as an earlier one; listed once"
                    reader.note(message, reader.place, "notice")
                self._failed[person] = None
                continue
            profile_id = person.profile_id
            known = self._candidates.get(profile_id)
            if known is None:
                self._candidates[profile_id] = person
            else:
                if self._lists[profile_id] is reader.list:
                    message = "is the same profile as an earlier one of this list; merged into it"
                    reader.note(message, reader.place, "notice")
                self._candidates[profile_id] = known.merged_with(person)
            self._lists[profile_id] = reader.list
        self._header |= reader.header

    def finish(self, **header: str | None) -> Shortlist:
        given = {key: text for key, text in header.items() if text is not None}
        if given:
            cleaner = Cleaner(_Reader("", self.problems.append).note)
            self._header |= cleaner.header(given, ())
        problems = tuple(self.problems)
        if (
            problems
            and not self._candidates
            and not self._failed
            and any(problem.severity == "error" for problem in problems)
        ):
            raise InputError(problems)
        return Shortlist(
            candidates=tuple(self._candidates.values()),
            failed=tuple(self._failed),
            problems=problems,
            **self._header,
        )


class _Reader:
    """Yields the people of one source and reports what it finds on the way.

    Attributes:
        header: Title, brief, client and author of a saved shortlist in it.
        list: Identity of the list that the last person came from.
        place: Where the last person stands in its record.
    """

    def __init__(self, source: str, on_problem: Callable[[Problem], None]) -> None:
        self.header: dict[str, str | None] = {}
        self.list: object = self
        self.place: Place = ()
        self._source = source
        self._on_problem = on_problem
        self._line: int | None = None
        self._cleaner = Cleaner(self.note)

    def note(self, message: str, place: Place, severity: Severity = "error") -> None:
        """Report something about a value of the current record."""
        self._on_problem(Problem(message, self._source, place, line=self._line, severity=severity))

    def report_text(
        self, message: str, *, line: int | None = None, column: int | None = None
    ) -> None:
        """Report something about the text of the source."""
        self._on_problem(Problem(message, self._source, line=line, column=column))

    def note_failed(self, profile: FailedProfile) -> None:
        """Report a failed profile as a problem, for lack of a list of them."""
        code = f" ({profile.error_code})" if profile.error_code else ""
        self.note(f"the vendor could not enrich this profile{code}", self.place)

    def read_source(self, source: Source) -> Iterator[Candidate | FailedProfile]:
        """Yield the people of a source that is read as a whole."""
        try:
            payload = _read(source)
        except _UnreadableError as error:
            self.report_text(str(error))
            return
        yield from self.people(parse_records(payload, self.report_text))

    def stream_source(self, source: Source) -> Iterator[Candidate | FailedProfile]:
        """Yield the people of a source that is read line by line."""
        try:
            yield from self.people(read_records(_lines(source), self.report_text))
        except _UnreadableError as error:
            self.report_text(str(error))

    def people(self, records: Iterator[Record]) -> Iterator[Candidate | FailedProfile]:
        """Yield everybody in the records, in order."""
        for record in records:
            self._line = record.line
            self._cleaner.quotes = 0
            self._cleaner.plain = record.plain
            yield from self._record(record.value, (), self)
            for place in record.repeated_keys(self._cleaner.quotes):
                shown = tuple(
                    self._cleaner.text(key, _MOST_OF_MESSAGE) if isinstance(key, str) else key
                    for key in place
                )
                self.note("is there more than once; the last value is used", shown)

    def _record(
        self, value: object, place: Place, its_list: object
    ) -> Iterator[Candidate | FailedProfile]:
        """Tell the shape of a record, or of an entry of a list of records."""
        if isinstance(value, dict):
            if "profileId" in value or "profile_id" in value:
                if person := self._person(value, place, its_list):
                    yield person
            else:
                yield from self._result(value, place)
        elif isinstance(value, list) and not place:
            its_list = object()
            for at, part in enumerate(value):
                yield from self._record(part, (at,), its_list)
        else:
            self.note(f"found {kind_of(value)}; {_ACCEPTED}", place)

    def _result(self, value: dict[str, Any], place: Place) -> Iterator[Candidate | FailedProfile]:
        """Tell what an object is that has no profile id of its own."""
        match value:
            case {"data": dict(body)} if not _RUN_KEYS.isdisjoint(body):
                self._cleaner.count(value)
                yield from self._run(body, (*place, "data"))
            case {"renderedCount": _}:
                self.note(f"found rendered cards, not candidates; {_ACCEPTED}", place)
            case {"requestId": _} | {"status": "processing" | "completed" | "failed"}:
                yield from self._run(value, place)
            case {"data": list()}:
                yield from self._run(value, place)
            case {"candidates": list()}:
                yield from self._shortlist(value, place)
            case {"error": _} | {"success": False} | {"errorCode": _} | {"statusCode": _}:
                self._refusal(value, place)
            case {"candidates": _}:
                yield from self._shortlist(value, place)
            case _ if not _PERSON_KEYS.isdisjoint(value):
                if person := self._person(value, place, self):
                    yield person
            case _:
                count = f"{len(value):,} {'key' if len(value) == 1 else 'keys'}"
                wanted = "profileId, candidates, requestId"
                self.note(f"found an object with {count}, none of {wanted}; {_ACCEPTED}", place)

    def _run(self, value: dict[str, Any], place: Place) -> Iterator[Candidate | FailedProfile]:
        """Yield the people of a run, or report why it has none."""
        self._cleaner.count(value)
        status = value.get("status")
        run = f"the run {self._shown(value, 'requestId')}".rstrip()
        if status == "processing":
            message = f"{run} is still processing; get its results again when it has completed"
            self.note(message, place)
            return
        if status == "failed":
            self.note(f"{run} failed{self._vendor_words(value)}; start a new one", place)
            return
        results = [
            (key, value[key]) for key in ("candidates", "data") if value.get(key) is not None
        ]
        if value.get("success") is False and not results:
            self._refusal(value, place)
            return
        if status != "completed":
            expected = f"must be one of {', '.join(_STATUSES)}"
            if not results:
                self.note(f"{expected}; {run} has no results", (*place, "status"))
            elif status is not None:
                self.note(f"{expected}; its results are used", (*place, "status"), "notice")
        for key, people in results:
            yield from self._list(people, (*place, key))

    def _refusal(self, value: dict[str, Any], place: Place) -> None:
        self.note(f"found an error of the API, not results{self._vendor_words(value)}", place)

    def _vendor_words(self, value: dict[str, Any]) -> str:
        """Return code and message of an error body, to follow a statement."""
        error = value.get("error")
        nested = error if isinstance(error, dict) else {}
        code = self._shown(value, "errorCode") or self._shown(nested, "code")
        message = (
            self._shown(value, "errorMessage")
            or self._shown(nested, "message")
            or self._shown(value, "message")
            or self._shown(value, "error")
        )
        words = ": ".join(filter(None, (code, message)))
        return f" ({words})" if words else ""

    def _shown(self, value: dict[str, Any], key: str) -> str:
        return self._cleaner.text(value.get(key), _MOST_OF_MESSAGE)

    def _shortlist(
        self, value: dict[str, Any], place: Place
    ) -> Iterator[Candidate | FailedProfile]:
        """Yield the people of a saved shortlist and take over what it says."""
        header = {key: value.pop(key) for key in HEADER_KEYS if key in value}
        texts = self._cleaner.header(header, place)
        self.header |= {key: text for key, text in texts.items() if text}
        self._cleaner.count(value)
        for key, part in value.items():
            if key == "candidates":
                yield from self._list(part, (*place, key))
            elif key == "failed":
                yield from self._failures(part, (*place, key))
            elif key == "problems":
                self._repeat_problems(part, (*place, key))
            else:
                shown = self._cleaner.text(key, _MOST_OF_MESSAGE)
                self.note("is no part of a shortlist; left out", (*place, shown), "notice")

    def _failures(self, values: object, place: Place) -> Iterator[FailedProfile]:
        for at, item in self._entries(values, place):
            profile = self._cleaner.failed_profile(item, (*place, at))
            if profile is not None:
                self.place = (*place, at)
                yield profile

    def _repeat_problems(self, values: object, place: Place) -> None:
        """Report what was found when the saved shortlist was made."""
        for at, item in self._entries(values, place):
            self._cleaner.anything(item, (*place, at))
            try:
                problems = Shortlist.model_validate({"problems": [item]}).problems
            except ValidationError:
                self.note("is no problem of a shortlist; left out", (*place, at))
            else:
                for problem in problems:
                    self._on_problem(problem)

    def _list(self, values: object, place: Place) -> Iterator[Candidate | FailedProfile]:
        its_list = object()
        for at, item in self._entries(values, place):
            if person := self._person(item, (*place, at), its_list):
                yield person

    def _entries(self, values: object, place: Place) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the objects of a list with their indexes; null is the empty list."""
        if values is None:
            return
        if not isinstance(values, list):
            self.note(f"must be a list, not {kind_of(values)}; left out", place)
            return
        for at, item in enumerate(values):
            if isinstance(item, dict):
                yield at, item
            else:
                self.note(f"must be an object, not {kind_of(item)}; left out", (*place, at))

    def _person(
        self, item: dict[str, Any], place: Place, its_list: object
    ) -> Candidate | FailedProfile | None:
        """Return the candidate or the failed profile, or ``None`` after reporting a problem."""
        self.place = place
        self.list = its_list
        if "success" in item or "candidate" in item or "errorCode" in item:
            return self._enriched(item, place)
        return self._cleaner.candidate(item, place)

    def _enriched(self, item: dict[str, Any], place: Place) -> Candidate | FailedProfile | None:
        """Read an item of an enrichment result, or a person with fields of one."""
        candidate = item.get("candidate")
        success = item.get("success")
        is_bare = candidate is None and not CANDIDATE_KEYS.isdisjoint(item)
        if success is False or (success is not True and candidate is None and not is_bare):
            return self._cleaner.failed_profile(item, place)
        if is_bare:
            return self._cleaner.candidate(item, place)
        inside = (*place, "candidate")
        if not isinstance(candidate, dict):
            found = f"must be an object, not {kind_of(candidate)}" if candidate else "is missing"
            self.note(f"{found}; the profile is left out", inside)
            return None
        self._cleaner.count(item)
        outer, inner = _profile_id(item), _profile_id(candidate)
        if inner is None:
            candidate["profileId"] = outer
        elif outer not in {None, inner}:
            message = "is not that of the candidate in it, which is used"
            self.note(message, (*place, "profileId"), "notice")
        return self._cleaner.candidate(candidate, inside)


class _UnreadableError(Exception):
    """A stream broke off."""


def _read(source: Source) -> bytes | str:
    with _opened(source) as stream:
        return stream.read()


def _lines(source: Source) -> Iterator[bytes]:
    with _opened(source) as stream:
        yield from stream_lines(stream)


@contextmanager
def _opened(source: Source) -> Iterator[IO[bytes] | IO[str]]:
    """Open a path; what is open already stays open.

    Raises:
        _UnreadableError: It cannot be opened, or not be read to its end.
    """
    try:
        if source == STANDARD_INPUT:
            yield getattr(sys.stdin, "buffer", sys.stdin)
        elif not isinstance(source, str | os.PathLike):
            yield source
        elif _is_payload(source):
            message = "is JSON text, not a path; give it to parse_shortlist"
            raise _UnreadableError(message)
        else:
            with Path(source).open("rb") as stream:
                yield stream
    except (OSError, ValueError) as error:
        raise _UnreadableError(_reason(error)) from error


def _is_payload(source: str | os.PathLike[str]) -> bool:
    text = os.fspath(source)
    return text.lstrip()[:1] in {"{", "["} and '"' in text


def _label(source: Source) -> str:
    """Return what problems call a source; never the payload, should somebody pass that."""
    if isinstance(source, str | os.PathLike):
        if _is_payload(source):
            return "<string>"
        name = os.fspath(source)
    else:
        name = getattr(source, "name", "<stream>")
    # The name of a stream may be its file descriptor.
    return clean_text(name, limit=_MOST_OF_LABEL)[0] if isinstance(name, str) else "<stream>"


def _reason(error: OSError | ValueError) -> str:
    match error:
        case FileNotFoundError():
            return "does not exist"
        case IsADirectoryError():
            return "is a directory; name a file in it"
        case UnicodeDecodeError():
            return not_valid(error)
        case OSError(strerror=str(reason)):
            return f"cannot be read: {reason[:1].lower()}{reason[1:]}"
        case _:
            return "cannot be read"


def _profile_id(item: dict[str, Any]) -> object:
    return next((item[key] for key in PROFILE_ID_KEYS if item.get(key) is not None), None)
