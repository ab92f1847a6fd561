"""The one place that decides what may become a link; everything else is shown as text."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, urlsplit

from candidate_cards._text import clean_text

_MAX_URL = 2048
_MAX_SUBJECT = 200
# What may follow the host: printable and without anything that a browser drops, folds or
# reads as a delimiter of markup, or the ellipsis of an address that was cut. Other scripts are
# let through and percent-encoded.
_UNSAFE = re.compile(r"""[\x00-\x20\x7f-\x9f\\<>"'`{}|^\u2026]""")
_BIDI = re.compile("[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]")
_LINKEDIN_HOST = re.compile(r"(?:[a-z]{2,3}\.|www\.|m\.|mobile\.)?linkedin\.com")
# No segment begins with a dot: browsers walk up from "..", spelled either way.
_PROFILE_PATH = re.compile(
    r"/(?:in|pub|profile|talent|recruiter|sales|company|school)/(?!(?:.*/)?(?:\.|%2e))",
    re.IGNORECASE,
)
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$&*+/=?^_~.-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)
# A name of at least two labels; its end, with a letter first, is no part of a numeric address.
_HOST = re.compile(
    r"(?=.{4,253})(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
_COMMON = re.compile(r"https://(?:www\.)?linkedin\.com/in/[A-Za-z0-9_-]{1,200}/?")


def linkedin_url(url: str) -> str | None:
    """Return the address for the profile button, or ``None`` if it must not be a link.

    Only ``https``, only LinkedIn's own hosts (``linkedin.com``, ``www.``, country and mobile
    ones), only paths of profiles and the like (LinkedIn also redirects to anywhere), no user
    information, no port, no control or invisible characters. The path is percent-encoded to
    ASCII, so that what is linked is what is read; a fragment is left out.
    """
    if _COMMON.fullmatch(url):
        return url
    parts = _web_parts(url)
    if (
        parts is None
        or not _LINKEDIN_HOST.fullmatch(parts.netloc)
        or not _PROFILE_PATH.match(parts.path)
    ):
        return None
    return _whole(parts._replace(fragment=""))


def web_url(url: str) -> str | None:
    """Return an address on the public web, or ``None`` if it must not be a link.

    As `linkedin_url`, for any host that has a name, with a fragment.
    """
    parts = _web_parts(url)
    return None if parts is None or not _HOST.fullmatch(parts.netloc) else _whole(parts)


def _web_parts(url: str) -> SplitResult | None:
    """Return the parts of an ``https`` address with nothing odd in it, its host in lower case."""
    if len(url) > _MAX_URL or _UNSAFE.search(url) or _BIDI.search(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    if parts.scheme != "https" or port is not None or parts.netloc.lower() != host:
        return None
    return parts._replace(netloc=host)


def _whole(parts: SplitResult) -> str | None:
    """Return an address in ASCII."""
    # Lone surrogates cannot be encoded; a URL that holds one is not an address.
    try:
        path, query, fragment = (
            quote(part, safe="/%:@!$&()*+,;=-._~?")
            for part in (parts.path, parts.query, parts.fragment)
        )
    except UnicodeEncodeError:
        return None
    whole = f"https://{parts.netloc}{path or '/'}"
    whole += (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
    # Percent-encoding makes nine characters of one; what comes out is an address too.
    return whole if len(whole) <= _MAX_URL else None


def mailto_url(address: str) -> str | None:
    """Return a ``mailto:`` address for a plain ASCII address, else ``None``.

    The local part is percent-encoded: ``?`` and ``&`` would otherwise add headers.
    """
    if not _EMAIL.fullmatch(address):
        return None
    local, _, domain = address.rpartition("@")
    return f"mailto:{quote(local, safe='.+-_~!$*')}@{domain}"


def reply_url(address: str, subject: str) -> str:
    """Return a ``mailto:`` address that writes to somebody about something.

    Args:
        address: One that was checked to be an address.
        subject: Any text; it stays one line.
    """
    local, _, domain = address.rpartition("@")
    line = " ".join(clean_text(subject, limit=_MAX_SUBJECT)[0].split())
    return f"mailto:{quote(local, safe='.+-_~!$*')}@{domain}?subject={quote(line, safe='')}"
