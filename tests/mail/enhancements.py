"""What a mail of ours may use although some client lacks it, and why that harms nobody.

Each entry is for one feature and the clients that lack it; what else the linter finds is a defect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from caniemail import CLIENTS, WORD, Client

if TYPE_CHECKING:
    from caniemail import Finding


class Allowance(NamedTuple):
    """A feature that may be missing.

    Attributes:
        feature: Slug in the data, or the name of something that is not in them.
        clients: Where it may be missing.
        why: Why nothing is lost there, in one sentence.
        where: What the place begins with that it is allowed in; ``""`` allows it anywhere.
    """

    feature: str
    clients: tuple[Client, ...]
    why: str
    where: str = ""

    def covers(self, finding: Finding) -> bool:
        """Tell whether a finding is what this entry allows."""
        return (
            finding.feature == self.feature
            and finding.client in self.clients
            and finding.where.startswith(self.where)
        )


ALL: Final = CLIENTS
GMAIL: Final = tuple(client for client in CLIENTS if client.family == "gmail")
YAHOO: Final = tuple(client for client in CLIENTS if client.family == "yahoo")
SAMSUNG: Final = Client("samsung-email", "android")
OUTLOOK_COM: Final = Client("outlook", "outlook-com")
GMAIL_MOBILE_WEB: Final = Client("gmail", "mobile-webmail")
GMAIL_APPS: Final = (Client("gmail", "ios"), Client("gmail", "android"))
# Gmail's mobile web reads no style element at all, so nothing inside one is asked of it.
GMAIL_WITH_STYLE: Final = (Client("gmail", "desktop-webmail"), *GMAIL_APPS)
APPLE: Final = tuple(client for client in CLIENTS if client.family == "apple-mail")

ALLOWED: Final = (
    # The document.
    Allowance(
        "html-doctype",
        (WORD, SAMSUNG, Client("yahoo", "android")),
        "Nothing here depends on a mode of layout: tables, and each size in its own style.",
    ),
    Allowance(
        "html-body",
        (*GMAIL, OUTLOOK_COM, *YAHOO),
        "The wrapper in the body has its language, direction and ground again.",
    ),
    Allowance(
        "html-style",
        (*GMAIL_APPS, GMAIL_MOBILE_WEB),
        "Every colour, size and space of the letter at rest stands in a style attribute.",
    ),
    # Dark, and narrow screens.
    Allowance(
        "css-at-media",
        (WORD, *YAHOO, SAMSUNG),
        "Readers keep the letter at rest, which is complete and fits a narrow screen.",
    ),
    Allowance(
        "css-at-media-prefers-color-scheme",
        (*GMAIL_WITH_STYLE, WORD, *YAHOO),
        "Readers keep the theme's own colours, which have the contrast they need.",
    ),
    Allowance(
        "css-selector-attribute",
        (*GMAIL_WITH_STYLE, WORD, *YAHOO),
        "Only Outlook's own readers set the marks that these rules ask for.",
        where="style [data-ogs",
    ),
    Allowance(
        "html-meta-color-scheme",
        tuple(client for client in CLIENTS if client != Client("apple-mail", "macos")),
        "It tells Apple Mail that there are colours for dark; others need not be told.",
    ),
    Allowance(
        "css-color-scheme",
        (*GMAIL_WITH_STYLE, WORD, OUTLOOK_COM, *YAHOO),
        "The same for Apple Mail on iOS, which takes it from the root.",
        where="style :root {",
    ),
    Allowance(
        "unlisted property: supported-color-schemes",
        tuple(client for client in CLIENTS if client != GMAIL_MOBILE_WEB),
        "The same under the name that older Apple Mail knows.",
        where="style :root {",
    ),
    Allowance(
        "unlisted pseudo-class: root",
        tuple(client for client in CLIENTS if client != GMAIL_MOBILE_WEB),
        "It stands around those two properties only.",
        where="style :root",
    ),
    # The preheader.
    Allowance(
        "css-display-none",
        (GMAIL_MOBILE_WEB,),
        "There the preheader is the first line: a sentence about the candidates.",
        where="<div style> display:none",
    ),
    # Words for screen readers.
    Allowance(
        "html-role",
        YAHOO,
        "It names the letter as a whole; its headings and tables are there without it.",
        where="<div role>",
    ),
    Allowance(
        "html-aria-label",
        YAHOO,
        "It repeats what the title or the heading of the table's columns says.",
    ),
    Allowance(
        "unlisted attribute: aria-roledescription",
        ALL,
        "It makes a screen reader say what the role is called; else it says the role.",
        where="<div aria-roledescription>",
    ),
    Allowance(
        "html-dir",
        (GMAIL_MOBILE_WEB,),
        "It turns the whole letter where one text runs from the right; nothing is hidden.",
    ),
    # Shapes and lines.
    Allowance(
        "css-sytem-ui",
        (WORD,),
        "Word takes the last face of the list, which it has, from a rule of its own.",
        where="<div style> font-family",
    ),
    Allowance("css-border-radius", (WORD,), "The corners are square."),
    Allowance(
        "css-border",
        (WORD,),
        "The score is a number and a word with or without the line around it.",
        where="<p style> border:2px solid",
    ),
    Allowance(
        "css-margin",
        (WORD,),
        "Word keeps a margin around the letter.",
        where="<body style> margin:0",
    ),
    Allowance(
        "css-display",
        (WORD,),
        "Word pads the button's cell in the link's place, so the link needs no box.",
        where="<a style> display:inline-block",
    ),
    Allowance(
        "css-display",
        (WORD,),
        "A line's descent stays below the logo.",
        where="<img style> display:block",
    ),
    Allowance(
        "css-text-decoration",
        GMAIL_APPS,
        "Readers of another provider's mailbox see the button's text underlined.",
        where="<a style> text-decoration:none",
    ),
    Allowance(
        "css-table-layout",
        (WORD, GMAIL_MOBILE_WEB),
        "Columns then follow their content, from the widths that the cells ask for.",
    ),
    Allowance(
        "css-overflow-wrap",
        tuple(client for client in CLIENTS if client != SAMSUNG),
        "A word longer than its column widens the table, or is broken by word-wrap.",
    ),
    Allowance(
        "css-word-wrap",
        tuple(c for c in CLIENTS if c != Client("yahoo", "desktop-webmail") and c not in APPLE),
        "A word longer than its column widens the table, or is broken by overflow-wrap.",
    ),
    Allowance(
        "unlisted property: -webkit-text-size-adjust",
        ALL,
        "It keeps iPhones from enlarging text; it is unknown where nothing does that.",
        where="<div style>",
    ),
)
