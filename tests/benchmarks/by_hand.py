"""The card as an engineer without a template language would write it.

The markup is exactly that of ``templates/card`` in the density ``card`` with English labels, for
the formats ``fragment`` and ``page``. What does not depend on a candidate is put together once,
when a writer is made; writing a card combines constants and escaped values and does nothing else.

There are two writers of each format, because the obvious one is not the fastest: an f-string
formats every ``Markup`` that `markupsafe.escape` returns into one more copy, a list does not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from candidate_cards.cards import CardView
    from candidate_cards.cards.views import LinkView, ScoreView

    Pieces = Callable[[str], list[str]]
    WriteTexts = Callable[[tuple[str, ...], str], str]
    AddTexts = Callable[[list[str], tuple[str, ...], str], None]

_AI = '<span class="cc-ai" dir="ltr" title="written by AI">AI</span>'
_STROKE = 'fill="none" stroke="currentColor"'
_ROUND = 'stroke-linecap="round" stroke-linejoin="round"'
_FIT_DRAWING = (
    f'<circle cx="8" cy="8" r="7" {_STROKE} stroke-width="1.5"/>'
    f'<path d="M4.8 8.3l2.2 2.2 4.2-4.6" {_STROKE} stroke-width="1.7" {_ROUND}/>'
)
_CHECK_DRAWING = (
    f'<path d="M8 1.9l6.6 11.7H1.4z" {_STROKE} stroke-width="1.5" stroke-linejoin="round"/>'
    f'<path d="M8 6.2v3.4M8 11.5v.2" {_STROKE} stroke-width="1.6" stroke-linecap="round"/>'
)
_ARROW = (
    '<svg class="cc-arrow" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">'
    f'<path d="M3.5 2.5h6v6M9.2 2.8L2.5 9.5" {_STROKE} stroke-width="1.6" {_ROUND}/></svg>'
)
_AI_SCORE = '<span class="cc-ai cc-ai--score">AI</span>'
_NOTICE = "Scores and text marked AI are made by a machine. A person decides."
_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
_ABOUT_SCORES = (
    "A match score from 0 to 100 is a machine's estimate of how well a profile fits the brief. "
    "It is no judgement of a person."
)
_ABOUT_TEXTS = "Texts marked AI were written by a machine from the profile and may be wrong."
_DECISION = "A person decides, not the machine."
_SOURCE, _CONTACT = "public professional profiles", "whoever sent you this"
_ABOUT_DATA = (
    f"The data come from {_SOURCE}.",
    f"Questions, a copy, corrections, deletion: {_CONTACT}.",
    "The sender can say how long the data are kept.",
)
# Whether a score is shown, and whether a text that AI wrote is.
_KINDS = ((False, False), (False, True), (True, False), (True, True))
_TONES = ("strong", "good", "partial", "low", "none")

_START_TAG = re.compile(r"<(\w+)([^<>]*?)(/?>)")
_CLASS = re.compile(r' class="([^"]*)"')
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")


class Writers(NamedTuple):
    """Two ways to write the same text from a view.

    Attributes:
        formatted: One f-string for each section.
        joined: One list for the whole text, joined at the end.
    """

    formatted: Callable[[CardView], str]
    joined: Callable[[CardView], str]


def write_fragment(css: str) -> Writers:
    """Make the writers of inline-styled fragments.

    Args:
        css: The card's rules with literal values; those for one class each are used.
    """
    style_of = _styles(css)

    def styled(tag: re.Match[str]) -> str:
        name, attributes, end = tag.groups()
        classes = _CLASS.search(attributes)
        if classes is None and name in {"circle", "meta", "path"}:
            return tag[0]
        style = "" if classes is None else style_of(classes[1])
        if not style.startswith("all:") and name != "circle":
            style = f"all:unset;{style}".removesuffix(";")
        return f'<{name}{_CLASS.sub("", attributes)} style="{style}"{end}'

    def pieces(markup: str) -> list[str]:
        return _START_TAG.sub(styled, markup).split("{}")

    notices = {kind: "".join(pieces(_folded(*kind))) for kind in _KINDS}
    return _write_card(pieces, notices, heading=2)


def write_page(stylesheet: str, style_hash: str) -> Writers:
    """Make the writers of pages that hold one card with classes.

    Args:
        stylesheet: Text of the style element.
        style_hash: What admits it under the page's policy.
    """
    sentence = f'<p class="cc-notice">{_NOTICE}</p>\n'
    notices = {kind: sentence if any(kind) else "" for kind in _KINDS}
    card = _write_card(lambda markup: markup.split("{}"), notices, heading=1)
    facts = {kind: _facts(*kind) for kind in _KINDS}
    feet = {kind: f"</main>\n{_foot(*kind)}</body>\n</html>" for kind in _KINDS}
    before = (
        '<!DOCTYPE html>\n<html lang="en" dir="ltr">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src '{style_hash}'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
        '<meta name="color-scheme" content="dark">\n'
        '<meta name="robots" content="noindex, nofollow">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<style>{stylesheet}</style>\n"
    )
    between = '</title>\n</head>\n<body class="cc-page">\n<main class="cc-main">\n'

    def formatted(view: CardView) -> str:
        kind = view.score.value != "", view.written
        return (
            f"{before}{facts[kind]}<title>{escape(view.name)}{between}{card.formatted(view)}"
            f"{feet[kind]}"
        )

    def joined(view: CardView) -> str:
        kind = view.score.value != "", view.written
        name = escape(view.name)
        card_text = card.joined(view)
        return "".join((before, facts[kind], "<title>", name, between, card_text, feet[kind]))

    return Writers(formatted, joined)


def _claims(scored: bool, written: bool) -> list[tuple[str, str]]:  # noqa: FBT001  a kind
    return [
        *([("score-meaning", str(escape(_ABOUT_SCORES)))] if scored else ()),
        *([("ai-text", _ABOUT_TEXTS)] if written else ()),
        *([("decision", _DECISION)] if scored or written else ()),
    ]


def _folded(scored: bool, written: bool) -> str:  # noqa: FBT001  a kind
    """Return the notice of a card that stands alone in somebody's page."""
    claims = _claims(scored, written)
    if not claims:
        return ""
    said = "".join(f'<span itemprop="{name}">{text}</span>\n' for name, text in claims)
    return (
        f'<details class="cc-notice" itemscope>\n<summary class="cc-notice-fold">{_NOTICE} '
        '<span class="cc-unfold">About this document</span></summary>\n<p class="cc-about">\n'
        f'<meta itemprop="https://schema.org/digitalSourceType" content="{_SOURCE_TYPE}">\n'
        f'{said}{" ".join(_ABOUT_DATA)}\n<meta itemprop="data-source" content="{_SOURCE}">\n'
        f'<meta itemprop="contact" content="{_CONTACT}">\n</p>\n</details>\n'
    )


def _facts(scored: bool, written: bool) -> str:  # noqa: FBT001  a kind
    """Return what a page's head says to programs."""
    claims = _claims(scored, written)
    kind = [("digital-source-type", _SOURCE_TYPE)] if claims else []
    facts = (*kind, *claims, ("data-source", _SOURCE), ("contact", _CONTACT))
    return "".join(
        f'<meta name="candidate-cards:{name}" content="{value}">\n' for name, value in facts
    )


def _foot(scored: bool, written: bool) -> str:  # noqa: FBT001  a kind
    """Return the notice at the end of a page."""
    sentences = " ".join((*(text for _, text in _claims(scored, written)), *_ABOUT_DATA))
    title = '<h2 class="cc-foot-title">About this document</h2>'
    text = f'<p class="cc-foot-text">{sentences}</p>'
    return f'<footer class="cc-foot">\n{title}\n{text}\n</footer>\n'


def _styles(css: str) -> Callable[[str], str]:
    rules: list[tuple[str, dict[str, str]]] = []
    for selectors, body in _RULE.findall(css):
        declarations = dict(item.split(":", 1) for item in body.split(";"))
        rules += [(selector.strip(), declarations) for selector in selectors.split(",")]

    def style_of(classes: str) -> str:
        names = {f".{name}" for name in classes.split()}
        merged: dict[str, str] = {}
        for selector, declarations in rules:
            if selector in names:
                # A later rule's declaration stands where the cascade puts it: behind.
                merged = {k: v for k, v in merged.items() if k not in declarations} | declarations
        return ";".join(f"{name}:{value}" for name, value in merged.items())

    return style_of


def _write_card(  # noqa: C901  a card has many parts
    pieces: Pieces, notices: Mapping[tuple[bool, bool], str], heading: int
) -> Writers:
    """Make the writers of a card.

    Args:
        pieces: Takes markup with classes; returns the finished constants around each ``{}``.
        notices: The last of a card, by what it shows of a machine's work.
        heading: Level of the name.
    """
    start, between_names, after_name = pieces(
        '<div class="cc-root" lang="en" dir="ltr" data-ng-non-bindable="">\n'
        '<div class="cc-card cc-card--card" role="article" aria-label="{}">\n'
        '<div class="cc-head">\n'
        f'<div class="cc-who">\n<h{heading} class="cc-name"><bdi class="cc-name-text">{{}}</bdi>'
        f"</h{heading}>\n"
    )
    before_headline, after_headline = pieces('<p class="cc-headline" dir="auto">{}</p>\n')
    before_place, after_place = pieces('<p class="cc-place"><bdi>{}</bdi></p>\n')
    before_points, after_points = pieces('<div class="cc-points">\n{}</div>\n')
    end = "</div>\n</div>\n"
    post, add_post = _write_post(pieces)
    score, add_score = _write_score(pieces)
    summary, add_summary = _write_summary(pieces)
    skills, add_skills = _write_skills(pieces, heading + 1)
    fit, add_fit = _write_points(pieces, heading + 1, "fit", "Why a fit", _FIT_DRAWING)
    check, add_check = _write_points(
        pieces, heading + 1, "check", "Points to check", _CHECK_DRAWING
    )
    contact, add_contact = _write_contact(pieces)

    def formatted(view: CardView) -> str:
        name = escape(view.name)
        headline = place = points = ""
        if view.headline:
            headline = f"{before_headline}{escape(view.headline)}{after_headline}"
        if view.place:
            place = f"{before_place}{escape(view.place)}{after_place}"
        if view.fit or view.check:
            points = (
                f"{before_points}{fit(view.fit, view.fit_more) if view.fit else ''}"
                f"{check(view.check, view.check_more) if view.check else ''}{after_points}"
            )
        return (
            f"{start}{name}{between_names}{name}{after_name}"
            f"{post(view.role, view.joint, view.company) if view.role or view.company else ''}"
            f"{headline}{place}{score(view.score)}"
            f"{summary(view.lead, view.rest) if view.lead else ''}"
            f"{skills(view.skills, view.skills_more) if view.skills else ''}{points}"
            f"{contact(view.profile, view.emails) if view.profile or view.emails else ''}"
            f"{notices[view.score.value != '', view.written]}{end}"
        )

    def joined(view: CardView) -> str:
        name = escape(view.name)
        parts = [start, name, between_names, name, after_name]
        if view.role or view.company:
            add_post(parts, view.role, view.joint, view.company)
        if view.headline:
            parts += (before_headline, escape(view.headline), after_headline)
        if view.place:
            parts += (before_place, escape(view.place), after_place)
        add_score(parts, view.score)
        if view.lead:
            add_summary(parts, view.lead, view.rest)
        if view.skills:
            add_skills(parts, view.skills, view.skills_more)
        if view.fit or view.check:
            parts.append(before_points)
            if view.fit:
                add_fit(parts, view.fit, view.fit_more)
            if view.check:
                add_check(parts, view.check, view.check_more)
            parts.append(after_points)
        if view.profile or view.emails:
            add_contact(parts, view.profile, view.emails)
        parts += (notices[view.score.value != "", view.written], end)
        return "".join(parts)

    return Writers(formatted, joined)


def _write_post(
    pieces: Pieces,
) -> tuple[Callable[[str, str, str], str], Callable[[list[str], str, str, str], None]]:
    before, before_joint, before_company, after = pieces(
        '<p class="cc-role">\n<bdi class="cc-role-title">{}</bdi>{}<bdi>{}</bdi></p>\n'
    )
    before_role_alone, after_role_alone = pieces(
        '<p class="cc-role">\n<bdi class="cc-role-title">{}</bdi></p>\n'
    )
    before_company_alone, after_company_alone = pieces('<p class="cc-role">\n<bdi>{}</bdi></p>\n')

    def write(role: str, joint: str, company: str) -> str:
        if role and company:
            return (
                f"{before}{escape(role)}{before_joint}{escape(joint)}{before_company}"
                f"{escape(company)}{after}"
            )
        if role:
            return f"{before_role_alone}{escape(role)}{after_role_alone}"
        return f"{before_company_alone}{escape(company)}{after_company_alone}"

    def add(parts: list[str], role: str, joint: str, company: str) -> None:
        if role and company:
            parts += (before, escape(role), before_joint, escape(joint))
            parts += (before_company, escape(company), after)
        elif role:
            parts += (before_role_alone, escape(role), after_role_alone)
        else:
            parts += (before_company_alone, escape(company), after_company_alone)

    return write, add


def _write_score(
    pieces: Pieces,
) -> tuple[Callable[[ScoreView], str], Callable[[list[str], ScoreView], None]]:
    tags = {
        tone: pieces(
            f'</div>\n<div class="cc-score cc-score--{tone}" role="img" aria-label="{{}}">\n'
            '<span class="cc-ring">\n<svg class="cc-ring-drawing" viewBox="0 0 36 36" width="64" '
            'height="64" aria-hidden="true">\n'
        )
        for tone in _TONES
    }
    circle = f'<circle cx="18" cy="18" r="15.9155" {_STROKE}'
    before_number, between_numbers, after_number = pieces(
        '<circle class="cc-ring-track" cx="18" cy="18" r="15.9155" fill="none" '
        'stroke-width="3.4"/>\n'
        f'{circle} stroke-width="3.4" stroke-linecap="round" '
        'stroke-dasharray="{} 100" transform="rotate(-90 18 18)"/>\n</svg>\n'
        '<span class="cc-ring-value">{}</span>\n'
    )
    no_number = f'{circle} stroke-width="1.7" stroke-dasharray="4.1666 4.1666"/>\n</svg>\n'
    before_word, after_word = pieces(
        '</span>\n<span class="cc-score-word">{}</span>\n</div>\n</div>\n'
    )
    _, after_score_word = pieces(
        f'</span>\n<span class="cc-score-word">{{}}</span>\n{_AI_SCORE}\n</div>\n</div>\n'
    )

    def write(score: ScoreView) -> str:
        before, after = tags[score.tone]
        number, end = no_number, after_word
        if score.value:
            value, end = escape(score.value), after_score_word
            number = f"{before_number}{value}{between_numbers}{value}{after_number}"
        return (
            f"{before}{escape(score.accessible)}{after}{number}"
            f"{before_word}{escape(score.word)}{end}"
        )

    def add(parts: list[str], score: ScoreView) -> None:
        before, after = tags[score.tone]
        parts += (before, escape(score.accessible), after)
        if score.value:
            value = escape(score.value)
            parts += (before_number, value, between_numbers, value, after_number)
            parts += (before_word, escape(score.word), after_score_word)
        else:
            parts += (no_number, before_word, escape(score.word), after_word)

    return write, add


def _write_summary(
    pieces: Pieces,
) -> tuple[Callable[[str, str], str], Callable[[list[str], str, str], None]]:
    before_lead, before_rest, after_rest = pieces(
        '<details class="cc-summary">\n'
        f'<summary class="cc-lead cc-lead--fold" dir="auto">{_AI} {{}} '
        '<span class="cc-unfold" dir="ltr">Show all</span></summary>\n'
        '<p class="cc-rest" dir="auto">{}</p>\n</details>\n'
    )
    before_whole, after_whole = pieces(
        f'<p class="cc-lead cc-lead--whole" dir="auto">{_AI} {{}}</p>\n'
    )

    def write(lead: str, rest: str) -> str:
        if rest:
            return f"{before_lead}{escape(lead)}{before_rest}{escape(rest)}{after_rest}"
        return f"{before_whole}{escape(lead)}{after_whole}"

    def add(parts: list[str], lead: str, rest: str) -> None:
        if rest:
            parts += (before_lead, escape(lead), before_rest, escape(rest), after_rest)
        else:
            parts += (before_whole, escape(lead), after_whole)

    return write, add


def _write_skills(pieces: Pieces, heading: int) -> tuple[WriteTexts, AddTexts]:
    return _write_list(
        pieces(
            f'<div class="cc-section">\n<h{heading} class="cc-hidden">Skills</h{heading}>\n'
            '<ul class="cc-chips" role="list">\n{}</ul>\n</div>\n'
        ),
        pieces('<li class="cc-chip"><bdi>{}</bdi></li>\n'),
        pieces('<li class="cc-chip cc-chip--more">{}</li>\n'),
    )


def _write_points(
    pieces: Pieces, heading: int, kind: str, title: str, drawing: str
) -> tuple[WriteTexts, AddTexts]:
    return _write_list(
        pieces(
            f'<div class="cc-point-group">\n<h{heading} class="cc-subhead cc-subhead--{kind}">'
            f'{title} {_AI}</h{heading}>\n<ul class="cc-list" role="list">\n{{}}</ul>\n</div>\n'
        ),
        pieces(
            f'<li class="cc-point"><svg class="cc-icon cc-icon--{kind}" viewBox="0 0 16 16" '
            f'width="16" height="16" aria-hidden="true">{drawing}</svg>'
            '<span class="cc-point-text" dir="auto">{}</span></li>\n'
        ),
        pieces('<li class="cc-point-more">{}</li>\n'),
    )


def _write_list(
    around: list[str], around_item: list[str], around_more: list[str]
) -> tuple[WriteTexts, AddTexts]:
    before, after = around
    before_item, after_item = around_item
    before_more, after_more = around_more

    def write(texts: tuple[str, ...], more: str) -> str:
        items = "".join([f"{before_item}{escape(text)}{after_item}" for text in texts])
        if more:
            return f"{before}{items}{before_more}{escape(more)}{after_more}{after}"
        return f"{before}{items}{after}"

    def add(parts: list[str], texts: tuple[str, ...], more: str) -> None:
        parts.append(before)
        for text in texts:
            parts += (before_item, escape(text), after_item)
        if more:
            parts += (before_more, escape(more), after_more)
        parts.append(after)

    return write, add


def _write_contact(
    pieces: Pieces,
) -> tuple[
    Callable[[LinkView | None, tuple[LinkView, ...]], str],
    Callable[[list[str], LinkView | None, tuple[LinkView, ...]], None],
]:
    before, after = pieces('<div class="cc-contact">\n{}</div>\n')
    before_href, before_text, after_text = pieces(
        '<a class="cc-button" href="{}" target="_blank" rel="noopener noreferrer nofollow">{} '
        f'<span class="cc-hidden">(opens in a new tab)</span>{_ARROW}</a>\n'
    )
    before_plain, after_plain = pieces('<p class="cc-plain"><bdi>{}</bdi></p>\n')
    before_email, before_address, after_email = pieces(
        '<a class="cc-email" href="{}"><bdi>{}</bdi></a>\n'
    )

    def write(profile: LinkView | None, emails: tuple[LinkView, ...]) -> str:
        button = ""
        if profile and profile.href:
            href, text = escape(profile.href), escape(profile.text)
            button = f"{before_href}{href}{before_text}{text}{after_text}"
        elif profile:
            button = f"{before_plain}{escape(profile.text)}{after_plain}"
        addresses = "".join(
            [
                f"{before_email}{escape(email.href)}{before_address}{escape(email.text)}"
                f"{after_email}"
                if email.href
                else f"{before_plain}{escape(email.text)}{after_plain}"
                for email in emails
            ]
        )
        return f"{before}{button}{addresses}{after}"

    def add(parts: list[str], profile: LinkView | None, emails: tuple[LinkView, ...]) -> None:
        parts.append(before)
        if profile and profile.href:
            parts += (before_href, escape(profile.href), before_text, escape(profile.text))
            parts.append(after_text)
        elif profile:
            parts += (before_plain, escape(profile.text), after_plain)
        for email in emails:
            if email.href:
                parts += (before_email, escape(email.href), before_address, escape(email.text))
                parts.append(after_email)
            else:
                parts += (before_plain, escape(email.text), after_plain)
        parts.append(after)

    return write, add
