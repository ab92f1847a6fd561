"""Rows about messages: the styles of ten candidates, and what one more recipient costs.

Styles are resolved when the template is compiled; premailer and css-inline get the same template
with classes, rendered before the clock starts, and the same style sheet with literal values.
Premailer has processes of its own, for the reason that `inlining` gives:
``python -m tests.benchmarks.mail ROUNDS LABEL LEAST``.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from css_inline import CSSInliner
from lxml import etree, html
from premailer import Premailer

from candidate_cards import (
    Candidate,
    Envelope,
    Shortlist,
    load_theme,
    message_bytes,
    render_email,
    render_shortlist,
)
from candidate_cards.cards import DEFAULT_LABELS
from candidate_cards.exports import compiled_template, get_exporter, render
from candidate_cards.exports._mime import address, make_body
from candidate_cards.exports.email import MOST_BYTES
from candidate_cards.rendering import CompiledTemplate, TemplateFolder, compile_template
from candidate_cards.rendering.stylesheets import class_names, stylesheet_text

from .candidates import many
from .inlining import CACHE_SIZE, OPTIONS
from .measuring import Claim, Group, Row, measure, release
from .processes import run_module

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_THEME = "light"
_TEN = 10
_MESSAGES = 2
_RECIPIENTS = 10
_FEW, _MANY = 8, 28
_MOST_OF_ONE = 3_584
_REPLY_TO = "ana@acme.example"
_COMMA = re.compile(r"\s*,\s*")
_SHORT_HEX = re.compile(r"#([0-9a-f])([0-9a-f])([0-9a-f])\b")


class Message(NamedTuple):
    """What the contenders begin with.

    Attributes:
        values: Of the compiled template.
        with_classes: The document that an inliner gets.
    """

    values: dict[str, object]
    with_classes: str


def mail_rows(rounds: int, slow_rounds: int) -> list[Row]:
    """Measure premailer with its own cache and with a large one, css-inline, and recipients."""
    outputs = (
        run_module(__name__, str(slow_rounds), "with a large cache", "100", **{CACHE_SIZE: "8192"}),
        run_module(__name__, str(slow_rounds), "as it comes", "200", without=[CACHE_SIZE]),
    )
    rows = [Row(*row) for output in outputs for row in json.loads(output)]
    shortlists = shortlists_of_ten(many(_TEN * _MESSAGES))
    messages = [_message(shortlist) for shortlist in shortlists]
    groups = (_by_css_inline(messages), _for_recipients(shortlists[0]), _with_text(shortlists))
    rows += [row for group in groups for row in group.rows(rounds)]
    return [*rows, _one_beside_classes(rounds), *_size_rows()]


def shortlists_of_ten(texts: Sequence[str]) -> list[Shortlist]:
    """Return shortlists for candidates given as JSON text, ten in each but the last."""
    return [_shortlist(texts[start : start + _TEN], start) for start in range(0, len(texts), _TEN)]


def _shortlist(texts: Sequence[str], number: int = 0) -> Shortlist:
    return Shortlist(
        candidates=tuple(map(Candidate.model_validate_json, texts)),
        title=f"Engineer no. {number} <platform>",
        brief="Somebody who has moved a company from files to streams. Remote is fine.",
        client="Fjell & Sønner",
        author="R. Recruiter",
    )


def mail_groups(shortlists: Sequence[Shortlist]) -> list[Group[Any]]:
    """Return all groups."""
    messages = [_message(shortlist) for shortlist in shortlists]
    return [
        _by_premailer(messages),
        _by_css_inline(messages),
        _for_recipients(shortlists[0]),
        _with_text(shortlists),
    ]


def _by_premailer(
    messages: Sequence[Message], label: str = "", least: float = 200
) -> Group[Message]:
    css = _literal_css()

    def inline(message: Message) -> str:
        # The sheet that stays has to be marked, or the rules for Outlook.com would go.
        before, tag, after = message.with_classes.rpartition("<style>")
        document = f'{before}{tag[:-1]} data-premailer="ignore">{after}'
        return str(Premailer(document, css_text=[css], **OPTIONS).transform(pretty_print=False))

    return Group(
        "message to inline styles, premailer",
        {"ours": _ours(), "premailer": inline},
        messages,
        [
            Claim(
                f"a message of {_TEN}, its styles resolved once: beside premailer {label}",
                f"{release('premailer')} {label}, for each message",
                "ours",
                "premailer",
                most=1 / least,
            )
        ],
        canonical=_elements,
    )


def _by_css_inline(messages: Sequence[Message]) -> Group[Message]:
    # What stays in the style element comes through as it is, so that both write the same.
    inliner = CSSInliner(
        inline_style_tags=False,
        extra_css=_literal_css(),
        keep_style_tags=True,
        remove_inlined_selectors=True,
        resolve_css_variables=True,
        load_remote_stylesheets=False,
    )
    return Group(
        "message to inline styles, css-inline",
        {"ours": _ours(), "css-inline": lambda message: inliner.inline(message.with_classes)},
        messages,
        [
            Claim(
                f"a message of {_TEN}, its styles resolved once",
                f"{release('css-inline')} for each message",
                "ours",
                "css-inline",
                most=0.5,
            )
        ],
        canonical=_elements,
    )


def _for_recipients(shortlist: Shortlist) -> Group[Envelope]:
    email = render_email(shortlist, theme=_THEME, reply_to=_REPLY_TO)
    envelopes = [
        Envelope(
            sender=f"Ana Müller <{_REPLY_TO}>",
            to=(f"Reader no. {number} <reader.{number}@client.example>",),
            date=datetime(2026, 3, 2, 10, number, tzinfo=UTC),
        )
        for number in range(_RECIPIENTS)
    ]

    def composed(envelope: Envelope) -> str:
        body = make_body(text=email.text, html=email.html)
        return message_bytes(address(body, envelope, email.subject)).decode("ascii")

    return Group(
        "message to bytes",
        {
            "one more": lambda envelope: message_bytes(email.message(envelope)).decode("ascii"),
            "from nothing": composed,
        },
        envelopes,
        [
            Claim(
                "bytes of a message for one more recipient",
                "composing it anew",
                "one more",
                "from nothing",
            )
        ],
    )


def _one_beside_classes(rounds: int) -> Row:
    """Measure what style attributes cost when a message of one candidate is rendered."""
    message = _message(_shortlist(many(1)))
    ours, classes = _ours(), _classes()
    turns: dict[str, Callable[[], object]] = {
        "ours": lambda: ours(message),
        "with classes": lambda: classes.render(message.values),
    }
    claim = Claim(
        "a message of 1, its styles resolved once",
        "the same template with classes, nothing inlined",
        "ours",
        "with classes",
        most=1.3,
    )
    return claim.row(measure(turns, rounds))


def _size_rows() -> list[Row]:
    """Count the bytes of a message's HTML; they are the same in every run."""
    size = {
        count: len(str(render_email(_shortlist(many(count)), theme=_THEME).html).encode())
        for count in (_FEW, _MANY)
    }
    each = (size[_MANY] - size[_FEW]) / (_MANY - _FEW)
    return [
        Claim(
            f"bytes of HTML of a message of {_MANY}",
            f"the {MOST_BYTES:,} after which Gmail clips",
            most=1,
        ).row_of([size[_MANY] / MOST_BYTES]),
        Claim("bytes of HTML for one candidate more", f"{_MOST_OF_ONE:,}", most=1).row_of(
            [each / _MOST_OF_ONE]
        ),
    ]


def _with_text(shortlists: Sequence[Shortlist]) -> Group[Shortlist]:
    return Group(
        "shortlist to message",
        {
            "both": lambda shortlist: str(render_email(shortlist, theme=_THEME).html),
            "HTML": lambda shortlist: str(
                render_shortlist(shortlist, format="email", theme=_THEME)
            ),
        },
        shortlists,
        [Claim(f"a message of {_TEN}, HTML and text", "HTML alone", "both", "HTML")],
    )


def _ours() -> Callable[[Message], str]:
    template = compiled_template(get_exporter("email"), load_theme(_THEME))
    return lambda message: template.render(message.values)


def _message(shortlist: Shortlist) -> Message:
    made = render(shortlist, format="email", theme=_THEME, reply_to=_REPLY_TO)
    values: dict[str, object] = {
        "shortlist": made.shortlist,
        "cards": made.cards,
        "notice": made.notice,
        "message": made.message,
    }
    return Message(values, str(_classes().render(values)))


@cache
def _classes() -> CompiledTemplate:
    spec = replace(get_exporter("email").template, inline=())
    constants = {
        "density": "card",
        "embedded": False,
        "labels": DEFAULT_LABELS,
        "heading": 2,
        "subheading": 3,
    }
    return compile_template(spec, load_theme(_THEME), constants)


def _literal_css() -> str:
    """Return the sheet that becomes style attributes, with the values of the theme."""
    spec, theme = get_exporter("email").template, load_theme(_THEME)
    assert spec.tokens is not None
    tokens = {**theme.tokens, **spec.tokens(theme)}
    (name,) = spec.inline
    return stylesheet_text(TemplateFolder().read(name), tokens, name)


def _elements(document: str) -> list[tuple[object, ...]]:
    """Return every element and comment with attributes, declarations and text, the head's too.

    Canonical are: names that the style element does not ask for left out of classes; colours of
    six digits; no ``tbody`` where HTML adds it; no white space outside the body's first element.
    """
    tree = html.document_fromstring(document)
    etree.strip_tags(tree, "tbody")
    asked = class_names("".join(element.text for element in tree.iter("style")))
    elements: list[tuple[object, ...]] = []
    for element in tree.iter():
        attributes = dict(element.attrib)
        attributes.pop("data-premailer", None)
        declarations = [
            (name.strip(), _value(value))
            for name, _, value in (
                part.partition(":") for part in attributes.pop("style", "").split(";")
            )
            if name.strip()
        ]
        classes = [name for name in attributes.pop("class", "").split() if name in asked]
        texts = [element.text, element.tail]
        if element.tag in {"html", "head", "body"} or element.getparent().tag == "body":
            texts = [(text or "").strip() for text in texts]
        elements.append((element.tag, attributes, classes, declarations, *texts))
    return elements


def _value(text: str) -> str:
    return _SHORT_HEX.sub(r"#\1\1\2\2\3\3", _COMMA.sub(",", text.strip()))


def _main() -> None:
    rounds, label, least = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    messages = [_message(shortlist) for shortlist in shortlists_of_ten(many(_TEN * _MESSAGES))]
    json.dump(_by_premailer(messages, label, least).rows(rounds), sys.stdout)


if __name__ == "__main__":
    _main()
