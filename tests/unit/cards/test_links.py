"""What may become a link: nothing but LinkedIn's own pages and plain mail addresses."""

from __future__ import annotations

import re
import string
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from candidate_cards.cards import linkedin_url, mailto_url
from candidate_cards.cards.links import web_url
from hostile_corpus import BAD_URLS, GOOD_URLS, HOSTILE_EMAILS, REPAIRABLE_URLS

_HOST = re.compile(r"(?:[a-z]{2,3}\.|www\.|m\.|mobile\.)?linkedin\.com")
_OWN_HOSTS = ("linkedin.com", "www.linkedin.com", "de.linkedin.com", "m.linkedin.com")

_schemes = st.sampled_from(
    ("https://", "HTTPS://", "http://", "https:", "https:/", "//", "javascript:", "data:", "")
)
_hosts = st.sampled_from(
    (
        *_OWN_HOSTS,
        *("WWW.LinkedIn.com", "lin\u212aedin.com", "linked\u0131n.com", "www.linkedin.com."),
        *("evil.test", "linkedin.com.evil.test", "evillinkedin.com", "linkedin.com:443"),
        *("a@linkedin.com", "linkedin.com@evil.test", "www\uff0elinkedin.com", "linkedin.co"),
        *("x.y.linkedin.com", "long.linkedin.com", "", "[::1]", "[", "linkedin.com\\@evil.test"),
    )
)
_endings = st.lists(
    st.sampled_from(("/", "//", "\\", "?", "#", "@", ":", "..", "%", "%2f", "%zz", "in", "é", "&"))
    | st.text(st.characters(exclude_categories=()), max_size=4),
    max_size=6,
).map("".join)
addresses = st.one_of(
    st.builds("{}{}{}".format, _schemes, _hosts, _endings),
    st.text(st.characters(exclude_categories=())),
    st.sampled_from((*BAD_URLS, *GOOD_URLS, *REPAIRABLE_URLS)),
)
own_addresses = st.builds("https://{}/in/{}".format, st.sampled_from(_OWN_HOSTS), _endings)


def _host_in_a_browser(url: str) -> str:
    """Return the host that a browser goes to, for the plain part of its rules (WHATWG URL).

    Enough for ASCII: ends trimmed, tabs and line breaks gone, a backslash is a slash, any number
    of slashes, user information up to the last ``@``, a port, percent-encoding.
    """
    url = re.sub(r"[\t\n\r]", "", url.strip("".join(map(chr, range(33)))))
    scheme, _, rest = url.partition(":")
    assert scheme.lower() == "https"
    authority = re.split(r"[/\\?#]", rest.lstrip("/\\"), maxsplit=1)[0]
    host = re.sub(r":\d*$", "", authority.rpartition("@")[2])
    return unquote(host).lower()


@settings(deadline=None)
@given(addresses)
@example("https://lin\u212aedin.com/in/ada")
@example("https://linkedin.com?next=//evil.test/")
@example("https://linkedin.com#@evil.test/")
@example("https://www.linkedin.com//evil.test/..//")
def test_a_link_leads_to_linkedin_and_nowhere_else(url: str) -> None:
    """Whatever becomes a link is printable ASCII, https, and the same host to every reader."""
    link = linkedin_url(url)
    if link is None:
        return
    assert re.fullmatch(r"[!-~]+", link)
    assert not set(link) & set("\"'<>`\\{}|^")
    parts = urlsplit(link)
    assert parts.scheme == "https"
    assert _HOST.fullmatch(parts.netloc)
    assert _host_in_a_browser(link) == parts.netloc == parts.hostname
    assert parts.path.startswith("/")


@settings(deadline=None)
@given(addresses)
@example("https://a.test#@evil.test/")
@example("https://evil.test\\@a.test/")
@example("https://0x7f.0.0.1/")
def test_a_link_to_the_web_leads_where_it_says(url: str) -> None:
    """As those to LinkedIn, to any host with a name; done twice, it is the same."""
    link = web_url(url)
    if link is None:
        return
    assert re.fullmatch(r"[!-~]+", link)
    assert not set(link) & set("\"'<>`\\{}|^")
    parts = urlsplit(link)
    assert parts.scheme == "https"
    assert re.fullmatch(r"[a-z0-9.-]+\.[a-z][a-z0-9-]*", parts.netloc)
    assert _host_in_a_browser(link) == parts.netloc == parts.hostname
    assert web_url(link) == link


@settings(deadline=None)
@given(addresses)
def test_a_link_is_stable(url: str) -> None:
    """What was made a link once is the same link the second time."""
    link = linkedin_url(url)
    assert link is None or linkedin_url(link) == link


@pytest.mark.parametrize(
    "path",
    [
        *("/redir/redirect?url=//evil.test", "/safety/go?url=//evil.test", "/feed/", "/", ""),
        *("/in/../redir/x", "/in/%2e%2e/redir/x", "/in/ada/.%2E/../redir/x", "/IN/.%2e/redir"),
        "/in",
    ],
)
def test_only_paths_of_profiles_and_the_like_are_linked(path: str) -> None:
    """LinkedIn redirects to anywhere: an address that could is shown as text."""
    assert linkedin_url(f"https://www.linkedin.com{path}") is None


@settings(deadline=None)
@given(own_addresses)
def test_a_link_is_what_was_written(url: str) -> None:
    """Encoding changes how path and query are spelled, never what they say."""
    link = linkedin_url(url)
    assume(link is not None)
    assert link is not None
    written = urlsplit(url)._replace(fragment="").geturl()
    assert unquote(link) == unquote(written)


@settings(deadline=None)
@given(
    own_addresses, st.sampled_from([*map(chr, range(33)), *"\\<>\"'`{}|^\x7f\u202e\u200b\ufeff"])
)
def test_one_unsafe_character_unmakes_a_link(url: str, unsafe: str) -> None:
    """An own address with a control, invisible or delimiting character in it is not linked."""
    for position in (0, 8, len(url) // 2, len(url)):
        assert linkedin_url(url[:position] + unsafe + url[position:]) is None


@settings(deadline=None)
@given(st.text(string.ascii_lowercase + string.digits + "-.", min_size=1))
def test_no_other_host_becomes_a_link(host: str) -> None:
    """A host that is not one of LinkedIn's is not linked, however it looks."""
    assume(not _HOST.fullmatch(host))
    assert linkedin_url(f"https://{host}/in/ada") is None


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_hostile_address_is_no_link(url: str) -> None:
    """None of the corpus of hostile addresses is linked."""
    assert linkedin_url(url) is None


@pytest.mark.parametrize("url", GOOD_URLS)
def test_a_real_address_is_a_link(url: str) -> None:
    """Every spelling of a profile address that people have is linked."""
    assert linkedin_url(url) is not None


def test_an_endless_address_is_no_link() -> None:
    """An address longer than browsers and servers take is not linked."""
    assert linkedin_url("https://www.linkedin.com/in/" + "e" * 2000) is not None
    assert linkedin_url("https://www.linkedin.com/in/" + "e" * 2100) is None
    # Six characters each once it is an address.
    assert linkedin_url("https://www.linkedin.com/in/" + "é" * 330) is not None
    assert linkedin_url("https://www.linkedin.com/in/" + "é" * 340) is None


_LOCAL = string.ascii_letters + string.digits + "!#$&*+/=?^_~.-"
plain_addresses = st.builds(
    "{}@{}.{}".format,
    st.text(_LOCAL, min_size=1, max_size=64),
    st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True),
    st.from_regex(r"[a-z]{2,10}", fullmatch=True),
)


@settings(deadline=None)
@given(plain_addresses)
def test_a_plain_mail_address_is_a_link_to_itself(address: str) -> None:
    """The link writes to exactly this address: its characters add neither header nor recipient."""
    link = mailto_url(address)
    assert link is not None
    assert unquote(link.removeprefix("mailto:")) == address
    assert re.fullmatch(r"mailto:[^?&#,;\s/]+@[a-z0-9.-]+", link)


@settings(deadline=None)
@given(
    st.text(st.characters(exclude_categories=())) | plain_addresses,
    st.sampled_from((*HOSTILE_EMAILS, *",;\r\n\0 \"'<>()[]\\%`{}|:@\u202e\u0430")),
)
def test_a_mail_link_holds_one_recipient_and_no_header(text: str, odd: str) -> None:
    """Whatever becomes a mail link is ASCII, has one ``@`` and no query."""
    for candidate in (text, odd, text + odd, odd + text, text.replace("@", odd + "@")):
        link = mailto_url(candidate)
        if link is not None:
            assert re.fullmatch(r"mailto:[!$%*+.A-Za-z0-9_~-]+@[A-Za-z0-9.-]+", link)
