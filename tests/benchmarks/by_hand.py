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
    from collections.abc import Callable

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
_NOTICE = "Scores and text marked AI are made by a machine. A person decides."
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
        if classes is None and name in {"circle", "path"}:
            return tag[0]
        style = "" if classes is None else style_of(classes[1])
        if not style.startswith("all:") and name != "circle":
            style = f"all:unset;{style}".removesuffix(";")
        return f'<{name}{_CLASS.sub("", attributes)} style="{style}"{end}'

    return _write_card(lambda markup: _START_TAG.sub(styled, markup).split("{}"), heading=2)


def write_page(stylesheet: str, style_hash: str) -> Writers:
    """Make the writers of pages that hold one card with classes.

    Args:
        stylesheet: Text of the style element.
        style_hash: What admits it under the page's policy.
    """
    card = _write_card(lambda markup: markup.split("{}"), heading=1)
    before = (
        '<!DOCTYPE html>\n<html lang="en" dir="ltr">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src '{style_hash}'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
        '<meta name="color-scheme" content="dark">\n'
        '<meta name="robots" content="noindex, nofollow">\n'
        '<meta name="referrer" content="no-referrer">\n<title>'
    )
    between = (
        f"</title>\n<style>{stylesheet}</style>\n</head>\n"
        '<body class="cc-page">\n<main class="cc-main">\n'
    )
    after = "</main>\n</body>\n</html>"

    def formatted(view: CardView) -> str:
        return f"{before}{escape(view.name)}{between}{card.formatted(view)}{after}"

    def joined(view: CardView) -> str:
        return "".join((before, escape(view.name), between, card.joined(view), after))

    return Writers(formatted, joined)


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


def _write_card(pieces: Pieces, heading: int) -> Writers:  # noqa: C901  a card has many parts
    """Make the writers of a card.

    Args:
        pieces: Takes markup with classes; returns the finished constants around each ``{}``.
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
    (notice,) = pieces(f'<p class="cc-notice">{_NOTICE}</p>\n')
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
            f"{notice if view.ai else ''}{end}"
        )

    def joined(view: CardView) -> str:  # noqa: C901  as above
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
        if view.ai:
            parts.append(notice)
        parts.append(end)
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

    def write(score: ScoreView) -> str:
        before, after = tags[score.tone]
        number = no_number
        if score.value:
            value = escape(score.value)
            number = f"{before_number}{value}{between_numbers}{value}{after_number}"
        return (
            f"{before}{escape(score.accessible)}{after}{number}"
            f"{before_word}{escape(score.word)}{after_word}"
        )

    def add(parts: list[str], score: ScoreView) -> None:
        before, after = tags[score.tone]
        parts += (before, escape(score.accessible), after)
        if score.value:
            value = escape(score.value)
            parts += (before_number, value, between_numbers, value, after_number)
        else:
            parts.append(no_number)
        parts += (before_word, escape(score.word), after_word)

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
