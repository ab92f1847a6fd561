"""The formats as a service has them: options from a query, bytes, a name to save them under.

An option has the name and the meaning of the library's argument. One that a format has no use for
is unknown to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Final,
    Self,
    TypeVar,
    cast,
    get_origin,
)

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    create_model,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from candidate_cards._text import clean_text
from candidate_cards._validation import problems_in
from candidate_cards.cards import Density, list_languages
from candidate_cards.contract.refusals import RefusedError, invalid
from candidate_cards.errors import ExportError, InputError, MissingDependencyError
from candidate_cards.exports import (
    export_candidates,
    get_exporter,
    list_formats,
    parse_address,
)
from candidate_cards.exports._headers import MAX_URL_CHARACTERS
from candidate_cards.exports._mime import Envelope, message_bytes
from candidate_cards.exports.email import render_email
from candidate_cards.exports.pdf import DossierFacts, PageSize, render_dossier
from candidate_cards.exports.png import render_picture
from candidate_cards.themes import list_themes

from .manners import EVERYTHING, NAME, PASSWORD_HEADER
from .problems import unusable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import QueryParams

    from candidate_cards.exports import Exporter
    from candidate_cards.models import Candidate, Shortlist

    from .manners import Manner
    from .papers import Press

Query = TypeVar("Query", bound="NoOptions")

#: A theme is asked for by its name: a path would be read.
THEMES: Final = tuple(theme.name for theme in list_themes() if not theme.error)

_FIND: Final = r"^F(-[A-Z0-9]{4}){4}$"  # as `BlindKey.identify` writes it
_NONCE: Final = r"^[A-Za-z0-9+/_-]{0,200}={0,2}$"  # Content Security Policy, level 3, 2.3.1
#: Of a query: a server takes addresses of 64 KiB, and a character may take twelve bytes there.
_MOST_OF_LINE: Final = 300
_MOST_OF_BRIEF: Final = 2000
_MOST_RECIPIENTS: Final = 100
_MOST_DECIDED: Final = 100
_MOST_IN_QUERY: Final = 200  # names and recipients; more would take the event loop's time
#: Names of the library's that a query has others for.
_NAMES: Final[Mapping[str | int, str]] = {
    "sender": "from",
    "reply_to": "replyTo",
    "password": PASSWORD_HEADER,
}
_MOST_OF_NAME: Final = 100


def _theme(name: str) -> str:
    if name in THEMES:
        return name
    raise _error("theme", f"Input should be one of: {', '.join(THEMES)}")


def _language(tag: str) -> str:
    if tag in list_languages():
        return tag
    raise _error("language", f"Input should be one of: {', '.join(list_languages())}")


def _flag(text: object) -> object:
    if text in {"true", "false"}:
        return text == "true"
    raise _error("flag", "Input should be true or false")


def _number(text: object) -> object:
    if isinstance(text, str) and re.fullmatch("[0-9]{1,3}", text):
        return int(text)
    raise _error("number", "Input should be a whole number")


def _day(text: object) -> object:
    if isinstance(text, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise _error("day", "Input should be a day such as 2026-03-02")


def _time(text: object) -> object:
    if isinstance(text, str) and re.match("[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]", text):
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            time = None
        if time is not None and time.tzinfo is not None:
            return time
    message = "Input should be a time with its zone, such as 2026-03-02T10:00:00+01:00"
    raise _error("time", message)


def _error(kind: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(kind, "{message}", {"message": message})


_ThemeName = Annotated[str, AfterValidator(_theme), WithJsonSchema({"enum": list(THEMES)})]
#: Of a profile; which there are, the settings say.
ProfileName = Annotated[str, StringConstraints(pattern=NAME)]
#: A language that there are labels in.
Language = Annotated[
    str, AfterValidator(_language), WithJsonSchema({"enum": list(list_languages())})
]
_Finds = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=_FIND)], ...], Field(max_length=_MOST_DECIDED)
]
_Flag = Annotated[bool, BeforeValidator(_flag)]
_Level = Annotated[int, Field(ge=1, le=6), BeforeValidator(_number)]
_Scale = Annotated[int, Field(ge=1, le=4), BeforeValidator(_number)]
_Day = Annotated[date, BeforeValidator(_day)]
_Time = Annotated[datetime, BeforeValidator(_time)]
_Line = Annotated[str, StringConstraints(max_length=_MOST_OF_LINE)]
_Brief = Annotated[str, StringConstraints(max_length=_MOST_OF_BRIEF)]
_Url = Annotated[str, StringConstraints(max_length=MAX_URL_CHARACTERS)]


class NoOptions(BaseModel):
    """The query of a route that has none: a name that means nothing is a mistake."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_by_alias=True,
        validate_by_name=False,
    )


class Frame(NoOptions):
    """What a query says of a shortlist; it wins over what the body says.

    Attributes:
        title: The role.
        brief: What it asks for; a longer one goes into the body.
        client: Who fills it.
        author: Who made the selection.
    """

    title: _Line | None = None
    brief: _Brief | None = None
    client: _Line | None = None
    author: _Line | None = None


class Asked(NoOptions):
    """What a query says of what is shown to whom, and how.

    Attributes:
        profile: Name of one; by default the company's for cards, the format's for what is sent.
        lang: Of our own words; by default the company's.
        data_source: Where the data came from; by default as the company says.
        contact: Whom to ask about them; the same.
        keep_until: The last day on which they are kept.
        notice: Whether a document says what a machine decided; if not, it says that it was left
            out, to programs.
        keep: Finds of a redaction report that are no names after all. Their ids tell nothing, so
            they may stand in an address, which servers on the way may log.
        remove: Those that are.
    """

    profile: ProfileName | None = None
    lang: Language | None = None
    data_source: _Line = ""
    contact: _Line = ""
    keep_until: _Day | None = None
    notice: _Flag = True
    keep: _Finds = ()
    remove: _Finds = ()


class Options(Asked):
    """What every format takes, and all that one with nothing of its own does."""

    #: Whether it is made in a process that can be ended.
    in_process: ClassVar[bool] = False

    theme: _ThemeName | None = None

    def disclosed(self, manner: Manner, content: Candidate | Shortlist) -> Self:
        """Return the options without what may not be shown of candidates."""
        _ = manner, content
        return self

    def make(
        self,
        content: Candidate | Shortlist,
        exporter: Exporter,
        manner: Manner,
        press: Press | None = None,
    ) -> bytes:
        """Return the bytes of a format.

        Args:
            content: One candidate, or a shortlist, of whom all may be shown.
            exporter: The format.
            manner: How they are shown.
            press: What a format that is made in a process needs; without it, it is made here.

        Raises:
            CandidateCardsError: As in the library.
        """
        _ = press
        look = self.model_dump(exclude=_SEEN_TO)
        return export_candidates(
            content,
            format=exporter.name,
            profile=EVERYTHING,
            labels=manner.labels,
            notice=manner.notice,
            **look,
        )


#: Of a query, what `Manner` has seen to before a document is made.
_SEEN_TO: Final = {*Frame.model_fields, *Asked.model_fields, "show_emails"}


class CardOptions(Options):
    """Cards in a page, or a page of cards."""

    density: Density = "card"
    heading_level: _Level | None = None
    show_emails: _Flag | None = None
    nonce: Annotated[str, StringConstraints(pattern=_NONCE)] = ""
    fallback: _Flag = True


class MailOptions(Options):
    """A message; without a sender it is a draft."""

    density: Density = "card"
    show_emails: _Flag | None = None
    subject: _Line = ""
    sender: _Line | None = Field(None, alias="from")
    to: Annotated[tuple[_Line, ...], Field(max_length=_MOST_RECIPIENTS)] = ()
    reply_to: _Line | None = None
    date: _Time | None = None
    unsubscribe: _Url | None = None

    def disclosed(self, manner: Manner, content: Candidate | Shortlist) -> Self:
        """Return the options with the subject as it may be shown."""
        subject = manner.disclosed_text(self.subject, content)
        return self.model_copy(update={"subject": subject})

    def make(
        self,
        content: Candidate | Shortlist,
        exporter: Exporter,
        manner: Manner,
        press: Press | None = None,
    ) -> bytes:
        """Return a message, as `Options.make`."""
        _ = exporter, press
        envelope = self._envelope()
        answered = self.sender if self.reply_to is None else self.reply_to
        email = render_email(
            content,
            theme=self.theme,
            density=self.density,
            profile=EVERYTHING,
            labels=manner.labels,
            notice=manner.notice,
            subject=self.subject,
            reply_to=parse_address(answered, field="replyTo").address if answered else "",
        )
        return message_bytes(email.message(envelope))

    def _envelope(self) -> Envelope | None:
        if self.sender is None:
            if self.to or self.date or self.unsubscribe:
                raise invalid("to, date and unsubscribe need from")
            return None
        return Envelope(
            sender=self.sender,
            to=self.to,
            reply_to=self.reply_to,
            date=self.date,
            unsubscribe=self.unsubscribe,
        )


class DossierOptions(Options):
    """A dossier."""

    in_process = True

    show_emails: _Flag | None = None
    page_size: PageSize = "A4"
    date: _Day | None = None
    confidential: _Flag = True
    recipient: _Line = ""
    recipient_id: _Line = ""

    def make(
        self,
        content: Candidate | Shortlist,
        exporter: Exporter,
        manner: Manner,
        press: Press | None = None,
    ) -> bytes:
        """Return a PDF, as `Options.make`."""
        return render_dossier(
            content,
            theme=self.theme or exporter.theme,
            page_size=self.page_size,
            facts=DossierFacts(
                issued=self.date,
                confidential=self.confidential,
                recipient=self.recipient,
                recipient_id=self.recipient_id,
            ),
            profile=EVERYTHING,
            labels=manner.labels,
            notice=manner.notice,
            pool=press and press.pool,
            cache=press and press.folder,
            password=manner.password,
        )


class PictureOptions(Options):
    """A picture of one candidate, or of the first three of a shortlist."""

    in_process = True

    scale: _Scale = 1

    def make(
        self,
        content: Candidate | Shortlist,
        exporter: Exporter,
        manner: Manner,
        press: Press | None = None,
    ) -> bytes:
        """Return a PNG, as `Options.make`."""
        return render_picture(
            content,
            theme=self.theme or exporter.theme,
            scale=self.scale,
            profile=EVERYTHING,
            labels=manner.labels,
            notice=manner.notice,
            pool=press and press.pool,
        )


@dataclass(frozen=True, slots=True)
class Format:
    """A format of the service.

    Attributes:
        exporter: What it is in the library.
        options: What can be said of it in a query.
        framed_options: That, and what is said of a shortlist: a `Frame` too.
    """

    exporter: Exporter
    options: type[Options]
    framed_options: type[Options]

    @property
    def name(self) -> str:
        """What people ask for."""
        return self.exporter.name


def _format(name: str) -> Format:
    exporter = get_exporter(name)
    options: type[Options] = Options if exporter.density else CardOptions
    if exporter.message:
        options = MailOptions
    elif exporter.dossier:
        options = DossierOptions
    elif name == "png":
        options = PictureOptions
    framed = create_model(f"Framed{options.__name__}", __base__=(Frame, options))
    return Format(exporter, options, cast("type[Options]", framed))


#: Every format that is installed, by its name; a new one is here unasked.
FORMATS: Final[Mapping[str, Format]] = {name: _format(name) for name in list_formats()}


def made(
    form: Format,
    options: Options,
    content: Candidate | Shortlist,
    manner: Manner,
    press: Press | None = None,
) -> bytes:
    """Return the bytes of a format; what cannot be made is a refusal.

    Raises:
        RefusedError: 400: an option cannot be used; 422: the document cannot be made; 501: a
            library that it takes is not installed.
    """
    try:
        return options.make(content, form.exporter, manner, press)
    except InputError as error:
        problems = [
            replace(problem, path=tuple(_NAMES.get(key, key) for key in problem.path))
            for problem in error.problems
        ]
        raise unusable("an option cannot be used", problems) from None
    except MissingDependencyError as error:
        raise RefusedError(501, "FORMAT_NOT_AVAILABLE", str(error)) from None
    except ExportError as error:
        raise RefusedError(422, "RENDERING_FAILED", str(error)) from None


def read_query(query: QueryParams, model: type[Query]) -> Query:
    """Return what a query says.

    Raises:
        RefusedError: 400: a name or a value cannot be used; it says which names.
    """
    if len(query.multi_items()) > _MOST_IN_QUERY:
        raise invalid(f"the query has more than {_MOST_IN_QUERY} parameters")
    given: dict[str, Any] = {}
    fields = model.model_fields.values()
    several = {field.alias for field in fields if get_origin(field.annotation) is tuple}
    for name in query:
        values = query.getlist(name)
        given[name] = values if name in several or len(values) > 1 else values[0]
    try:
        return model.model_validate(given)
    except ValidationError as error:
        problems = [
            replace(problem, path=tuple(map(_shown, problem.path)))
            for problem in problems_in(error)
        ]
        raise unusable("the query cannot be used", problems) from None


def _shown(key: str | int) -> str | int:
    """Return a name as it can be told: an unknown one is the caller's."""
    return key if isinstance(key, int) else clean_text(key, limit=_MOST_OF_NAME)[0]
