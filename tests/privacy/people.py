"""Generated people of forty languages, and of each word about them whether it tells who they are.

The same people on every run. Names and ordinary words are Faker's; sentences are English, as
recruiters and their tools write them, and Faker's in the language of the person.
"""

from __future__ import annotations

from functools import cache
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple
from unicodedata import normalize
from urllib.parse import quote

from anyascii import anyascii
from faker import Faker
from searching import SHORTEST, Needle, Searcher, View, fold, name_parts, needles

from candidate_cards.models import Candidate, ExperienceItem, RationaleItem, Shortlist
from candidate_cards.models.shortlist import FailedProfile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LOCALES: Final = (
    *("en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "pt_BR", "pl_PL", "cs_CZ", "sk_SK", "hu_HU"),
    *("ro_RO", "sl_SI", "hr_HR", "bg_BG", "ru_RU", "uk_UA", "el_GR", "tr_TR", "az_AZ", "fi_FI"),
    *("sv_SE", "da_DK", "no_NO", "et_EE", "lv_LV", "lt_LT", "nl_NL", "ar_AA", "he_IL", "fa_IR"),
    *("hi_IN", "ne_NP", "bn_BD", "ta_IN", "th_TH", "zh_CN", "zh_TW", "ja_JP", "ko_KR", "vi_VN"),
    *("ka_GE", "hy_AM"),
)
PEOPLE_OF_A_LOCALE: Final = 12
#: A locale of our own: people whose names are also words, skills and tools.
AMBIGUOUS: Final = "ambiguous"
_AMBIGUOUS_NAMES: Final = (
    *(("Mark", "Hope"), ("Will", "May"), ("Ruby", "Jenkins"), ("Julia", "Fields")),
    *(("Grace", "Long"), ("Bill", "Price"), ("Rose", "Spark"), ("Dawn", "Case")),
    *(("Art", "Young"), ("Sunny", "Day"), ("Penny", "Rust"), ("Miles", "Page")),
)
_AMBIGUOUS_SENTENCES: Final = (
    "The mark of this work is a hope for fewer pages at night, may it last.",
    "A young team will pay a fair price in the long run, day by day, case by case.",
    "Wrote services in Ruby and Rust, jobs in Jenkins and Spark, models in Julia.",
    "Went miles for a penny at dawn, with grace, on a sunny page of the bill.",
    "Art of the possible: fields of study rose in number.",
)
#: Locales whose people share a shortlist: scripts that differ meet in one document.
GROUPS: Final = (*zip(LOCALES[::2], LOCALES[1::2], strict=True), (AMBIGUOUS,))

_FAMILY_FIRST: Final = {"hu_HU", "zh_CN", "zh_TW", "ja_JP", "ko_KR", "vi_VN"}
_WRITTEN_TOGETHER: Final = {"zh_CN", "zh_TW", "ko_KR"}
#: Languages that write a vowel as two in addresses, half of the time here.
_EXPANDING: Final = {"de_DE", "sv_SE", "da_DK", "no_NO", "fi_FI"}
_EXPANDED: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "å": "aa", "ø": "oe", "æ": "ae"}
)
#: Languages whose names nobody can read from what a table makes of them: only their slugs are used.
_WITHOUT_VOWELS: Final = {"ar_AA", "he_IL", "fa_IR"}
#: Languages that write no spaces between words.
UNSPACED: Final = {"zh_CN", "zh_TW", "ja_JP", "th_TH"}

#: What a language writes onto a name, before and after; plain, without a change of the stem.
_AFFIXES: Final = {
    "de_DE": ("{}s",),
    "pl_PL": ("{}a", "{}owi", "{}em"),
    "cs_CZ": ("{}a", "{}ovi", "{}em"),
    "sk_SK": ("{}a", "{}ovi", "{}om"),
    "hu_HU": ("{}nak", "{}val", "{}ról"),
    "ro_RO": ("lui {}",),
    "sl_SI": ("{}a", "{}u", "{}om"),
    "hr_HR": ("{}a", "{}u", "{}om"),
    "bg_BG": ("{}а", "{}ът"),
    "ru_RU": ("{}а", "{}у", "{}ом"),
    "uk_UA": ("{}а", "{}у", "{}ом"),
    "tr_TR": ("{}'in", "{}'a", "{}'dan"),
    "az_AZ": ("{}in", "{}dan"),
    "fi_FI": ("{}n", "{}lla", "{}sta"),
    "sv_SE": ("{}s",),
    "da_DK": ("{}s",),
    "no_NO": ("{}s",),
    "et_EE": ("{}i", "{}le", "{}ga"),
    "lv_LV": ("{}am", "{}u"),
    "lt_LT": ("{}ui", "{}o"),
    "nl_NL": ("{}s", "{}'s"),
    "he_IL": ("ל{}", "של {}"),
    "ar_AA": ("و{}", "ل{}"),
    "fa_IR": ("{}‌ها", "{}ی"),
    "th_TH": ("คุณ{}",),
    "zh_CN": ("{}先生", "{}女士"),
    "zh_TW": ("{}先生", "{}女士"),
    "ja_JP": ("{}さん", "{}氏は"),
    "ko_KR": ("{}님", "{}씨는", "{}이"),
    "ka_GE": ("{}ს", "{}მა"),
    "hy_AM": ("{}ի", "{}ը"),
    "ta_IN": ("{}இன்",),
}

#: What takes the place of a last vowel, where a language inflects by that.
_ENDINGS: Final = {
    "pl_PL": ("y", "ę", "ą"),
    "cs_CZ": ("y", "u", "ou"),
    "sk_SK": ("y", "u", "ou"),
    "ro_RO": ("ei",),
    "sl_SI": ("e", "o"),
    "hr_HR": ("e", "u", "om"),
    "ru_RU": ("ы", "у", "ой"),
    "uk_UA": ("и", "у", "ою"),
    "lv_LV": ("as", "ai"),
    "lt_LT": ("os", "ai"),
}
_LAST_VOWELS: Final = ("a", "á", "а", "я")
_GREEK_CASES: Final = (("ς", ""), ("α", "ας"), ("ά", "άς"), ("η", "ης"), ("ή", "ής"))

_NOT_IN_HANDLES: Final = str.maketrans("", "", " -'’.")

#: In braces what tells who it is; everything else is ordinary and has to stay.
_SENTENCES: Final = (
    "{name} moved a billing platform to streaming without a lost event.",
    "{given} spent six years on data platforms for payments.",
    "{possessive} team cut the nightly load from five hours to forty minutes.",
    "Colleagues described {given} as calm under pressure and exact in writing.",
    "The panel liked {FULL} best of all the people it met in March.",
    "Ask {given} {family} about the migration from Oracle to PostgreSQL.",
    "A talk by {initial} {family} explains the design of the ledger.",
    "{family}, {given} built the first version within a quarter.",
    "The {family}-led group shipped on time in three countries.",
    "References praise {lower} for clear reviews and short meetings.",
    "Profile of <b>{given}</b> {family} with notes on scale and cost.",
    "An<i></i>swers by {tagged} show depth in storage engines.",
    "Write to {email} for a call about dates and notice period.",
    "Reached through {spaced_email} before the offer went out.",
    "The public profile is {link} and lists nine projects.",
    "Code at {repository} shows tests for every parser.",
    "Known online as {handle} since the first release.",
    "{nickname} wrote the runbook that the whole office still uses.",
    "At {employer} the budget doubled while incidents fell by half.",
    "Interviewed by phone, {given} asked sharp questions about {employer} and its rivals.",
    "{inflected} appears in the minutes of the design review.",
    "{latin} gave the keynote at a conference on stream processing.",
    "“{given}” and ‘{family}’ stand on two patents for index compression.",
    "{name}: strong on Kafka, fair on budgets, new to people management.",
    "Hired twice by the same director; {FAMILY} stayed four years each time.",
    "({name}) left after the merger, with a bonus and good words.",
    "Signed as {entities} in the old tracker, and nobody minded.",
    "The badge said {spaced} for a year.",
    "The export has {decomposed} and {soft} for one and the same person.",
    "A page at {site} repeats the talk from March.",
    "Found as {camel} in the commits and as {file} in the archive.",
    "{They} kept the office calm, and {their} reviews were read twice.",
    "The director thanked {title} {family} in front of the board.",
    "Speaks plainly, plans well, and will not promise what a test has not shown.",
    "Led hiring in Brno, Lyon and Porto; kept every promise made in planning.",
    "Owns incidents from the first alert to the last line of the report.",
    "No evidence of people management in the last three roles.",
    "Open to remote work, four days a week, from the first of June.",
)
_ROLES: Final = (
    *("Platform Engineer", "Data Architect", "Head of Delivery", "Site Reliability Engineer"),
    *("Product Analyst", "Engineering Manager", "Staff Engineer", "Security Consultant"),
)
_EARLIER: Final = (
    *("Northwind Traders", "Contoso", "Fabrikam", "Initech", "Globex", "Tailspin Toys"),
    *("Wingtip Software", "Adventure Works", "Proseware", "Litware"),
)
_PLACES: Final = ("Brno", "Lyon", "Porto", "Gdynia", "Tartu", "Bergamo", "Ghent", "Aarhus")
_SKILLS: Final = (
    *("Python", "Kafka", "PostgreSQL", "Terraform", "Spark", "Rust", "Stream processing"),
    *("Hiring", "Incident response", "dbt", "Airflow", "Kubernetes"),
)
_DOMAINS: Final = ("mail.example", "post.example.org", "example.net")


class Word(NamedTuple):
    """A word of a text as it stands there, with its punctuation.

    Attributes:
        text: The word, or several that belong together.
        reveals: What it tells of whom the text is about: ``name``, ``initial``, ``email``,
            ``link``, ``handle``, ``employer``, ``pronoun``, ``title`` or ``colleague``, who is
            somebody else of the shortlist; ``short`` for a name of one or two letters; nothing for
            an ordinary word.
    """

    text: str
    reveals: str = ""


class Prose(NamedTuple):
    """A text as its words, and what stands between them."""

    words: tuple[Word, ...]
    space: str = " "

    def __str__(self) -> str:
        return self.space.join(word.text for word in self.words)


class Person(NamedTuple):
    """A candidate with all fields, and what is known of each word.

    Attributes:
        locale: Faker's name for where they come from.
        candidate: The record.
        texts: By field, such as ``ai_fit_points.0``.
        needles: All that may not be found.
    """

    locale: str
    candidate: Candidate
    texts: dict[str, Prose]
    needles: frozenset[Needle]


class Names(NamedTuple):
    """What somebody is called; ``plain`` is the full name without a nickname."""

    given: str
    family: str
    full: str
    nickname: str
    latin_given: str
    latin_family: str
    plain: str = ""


def shortlist_of(
    people: Iterable[Person], title: str = "Staff Data Platform Engineer"
) -> Shortlist:
    """Return the people as a shortlist whose frame names two of them as well."""
    everybody = tuple(people)
    first, last = everybody[0].candidate, everybody[-1].candidate
    return Shortlist(
        candidates=tuple(person.candidate for person in everybody),
        title=title,
        brief=f"Somebody like {first.name} for the ledger. Not {last.emails[0]} again.",
        client="Proseware",
        author="The search desk",
        failed=(FailedProfile(profile_id=f"{last.profile_id}x", error_code="not_found"),),
    )


@cache
def people_of(locales: tuple[str, ...], count: int = PEOPLE_OF_A_LOCALE) -> tuple[Person, ...]:
    """Return the people of some locales, as many of each.

    An ordinary word of one is never a name of another: who shares a shortlist would otherwise be
    found where nobody wrote of them.
    """
    called = [
        (locale, number, _names(locale, number)) for locale in locales for number in range(count)
    ]
    records = [_Record(locale, number, names) for locale, number, names in called]
    following = (*records[1:], records[0])
    return tuple(
        record.person([other for other in records if other is not record], colleague.names.plain)
        for record, colleague in zip(records, following, strict=True)
    )


def _names(locale: str, number: int) -> Names:
    """Return names of two letters or more each, so that something can be looked for."""
    if locale == AMBIGUOUS:
        given, family = _AMBIGUOUS_NAMES[number % len(_AMBIGUOUS_NAMES)]
        plain = f"{given} {family}"
        return Names(given, family, plain, "", given, family, plain)
    fake = Faker(locale)
    for attempt in range(100):
        fake.seed_instance(f"{locale} {number} {attempt}")
        given, family = fake.first_name().strip(), fake.last_name().strip()
        if fold(given) != fold(family) and len(given + family) > 2:
            break
    latin = (_plain_latin(given), _plain_latin(family))
    if locale in _WITHOUT_VOWELS:
        latin = (_slug(given), _slug(family))
    if locale == "ja_JP":  # the usual reading, where a table knows only the Chinese one
        latin = (fake.first_romanized_name(), fake.last_romanized_name())
    outer = (family, given) if locale in _FAMILY_FIRST else (given, family)
    full = plain = ("" if locale in _WRITTEN_TOGETHER else " ").join(outer)
    nickname = ""
    if number % 4 == 3:
        nickname = fake.first_name().strip()
        full = f"{full} ({nickname})" if number % 8 == 3 else f"{full} “{nickname}”"
    return Names(given, family, full, nickname, *latin, plain)


def _plain_latin(name: str) -> str:
    """Return a name in Latin letters, without the signs that tell one sound from another."""
    return " ".join("".join(filter(str.isalpha, part)) for part in anyascii(name).split())


class _Record:
    """One person in the making."""

    def __init__(self, locale: str, number: int, names: Names) -> None:
        self.locale = locale
        self.names = names
        self._fake = Faker("en_GB" if locale == AMBIGUOUS else locale)
        self._fake.seed_instance(f"{locale} {number} texts")
        self._random = Random(f"{locale} {number}")  # noqa: S311  no secret
        self._number = number
        self._woman = bool(self._random.getrandbits(1))
        table = _EXPANDED if locale in _EXPANDING and number % 2 else {}
        given, family = (
            _slug(names.latin_given if not table else names.given.lower().translate(table)),
            _slug(names.latin_family if not table else names.family.lower().translate(table)),
        )
        forms = (
            f"{given}.{family}",
            f"{family}.{given}",
            f"{given[0]}{family}",
            f"{given}_{family}",
            f"{given}{family[0]}",
            f"{family}{given[0]}+jobs",
        )
        suffix = f"{self._random.getrandbits(28):07x}"
        self.emails = (
            f"{forms[number % 6]}@{_DOMAINS[number % 3]}",
            f"{forms[(number + 1) % 6]}{number}@{family}-{given[0]}.example",
        )
        slug = f"{given}-{family}-{suffix}"
        if number % 3 == 2 and not names.full.isascii():
            slug = quote(f"{names.given}-{names.family}-{number}{suffix[:2]}".replace(" ", "-"))
        self.url = f"https://www.linkedin.com/in/{slug}"
        self.handle = f"@{given}{family[0]}{number}" if number % 2 else f"@{family}_{given}"
        self.profile_id = f"prof_{suffix}" if number % 2 else f"{given}-{family}-{suffix}"
        self.employer = self._company()
        self._inflects = names.given if number % 2 else names.family
        self.inflected = self._inflected()
        self.needles = needles(
            name=names.full,
            emails=self.emails,
            linkedin_url=self.url,
            profile_id=self.profile_id,
            employer=self.employer,
            placed=[
                self.handle[1:],
                *(self.inflected if _kind(self._inflects) == "name" else ()),
                *self._separate_names(),
            ],
        )

    def _separate_names(self) -> tuple[str, ...]:
        """Return the parts of names that are written together, and those in Latin letters."""
        latin = name_parts(f"{self.names.latin_given} {self.names.latin_family}")
        return (self.names.given, self.names.family, *latin)

    def _company(self) -> str:
        # Many companies of Faker's are named after people: those of this person are no use here.
        own = Searcher(needles(name=self.names.full))
        while own.hits([View("", company := self._fake.company().replace("\n", " "))]):
            pass
        return str(company)

    def _inflected(self) -> tuple[str, ...]:
        forms = _AFFIXES.get(self.locale, ())
        name = self._inflects
        found = [form.format(name) for form in forms]
        if name.endswith(_LAST_VOWELS) and len(name) > SHORTEST:
            found += [name[:-1] + ending for ending in _ENDINGS.get(self.locale, ())]
        if self.locale == "el_GR":
            found += [
                name.removesuffix(old) + new for old, new in _GREEK_CASES if name.endswith(old)
            ]
        return tuple(found) or (f"{name}'s",)

    def person(self, others: Sequence[_Record], colleague: str) -> Person:
        """Write the texts.

        Args:
            others: Whom an ordinary word must not name.
            colleague: Somebody of the same shortlist, named in one text.
        """
        self._others = Searcher(needle for other in others for needle in other.needles)
        texts: dict[str, Prose] = {}

        def text(path: str, *sentences: Prose) -> str:
            words = tuple(word for sentence in sentences for word in sentence.words)
            texts[path] = Prose(words, sentences[0].space)
            return str(texts[path])

        role, earlier = self._random.sample(_ROLES, 2), self._random.sample(_EARLIER, 2)
        english = self._sentences(role[0])
        skills = self._random.sample(_SKILLS, 6)
        if self.locale == AMBIGUOUS:
            skills += ["Jenkins", "Rust", "Ruby", "Spark", "Julia"]
        met = [*map(Word, ("Shared", "two", "projects", "with")), Word(colleague, "colleague")]
        candidate = Candidate(
            profile_id=self.profile_id,
            name=self.names.full,
            linkedin_url=self.url,
            match_score=self._random.randint(20, 99),
            skills=tuple(skills),
            headline=text("headline", self._english("{given}, {role} at {employer}", role[0])),
            location=self._random.choice([place for place in _PLACES if self._is_nobody(place)]),
            current_company=self.employer,
            current_role=role[0],
            rationale=text("rationale", *(next(english) for _ in range(5))),
            ai_fit_points=(
                text("ai_fit_points.0", next(english)),
                text("ai_fit_points.1", self._foreign()),
                text("ai_fit_points.2", next(english), next(english)),
                text("ai_fit_points.3", Prose((*met, *map(Word, ("in", "2019."))))),
            ),
            ai_red_flags=(text("ai_red_flags.0", next(english)),),
            ai_detailed_rationale=(
                RationaleItem(
                    title=role[0],
                    company=self.employer,
                    duration="2021 - now",
                    relevance_explanation=text(
                        "ai_detailed_rationale.0.relevance_explanation",
                        next(english),
                        next(english),
                    ),
                ),
            ),
            detailed_experience=(
                ExperienceItem(
                    role=role[0],
                    company=self.employer,
                    duration="2021 - now",
                    highlights=(
                        text("detailed_experience.0.highlights.0", next(english)),
                        text("detailed_experience.0.highlights.1", self._foreign()),
                    ),
                ),
                ExperienceItem(
                    role=role[1],
                    company=earlier[0],
                    duration="2016 - 2021",
                    highlights=(
                        text("detailed_experience.1.highlights.0", next(english)),
                        text("detailed_experience.1.highlights.1", self._foreign(named=False)),
                    ),
                ),
            ),
            emails=self.emails,
        )
        return Person(self.locale, candidate, texts, self.needles)

    def _sentences(self, role: str) -> Iterator[Prose]:
        """Yield English sentences in an order of this person's, none that names somebody else."""
        known = list(_SENTENCES)
        self._random.shuffle(known)
        if self.locale == AMBIGUOUS:
            known = [
                each for pair in zip(_AMBIGUOUS_SENTENCES, known, strict=False) for each in pair
            ]
        for sentence in known * 4:
            prose = self._english(sentence, role)
            if self._is_nobody(" ".join(ordinary_words(prose))):
                yield prose

    def _is_nobody(self, text: str) -> bool:
        """Tell whether a text names nobody else."""
        return not self._others.hits([View("", text)])

    def _slots(self, role: str) -> dict[str, tuple[str, str]]:
        names = self.names
        user, _, domain = self.emails[0].partition("@")
        odd = self._number % 2
        middle = max(1, len(names.given) // 2)
        latin = " ".join(
            part[:1].upper() + part[1:] for part in (names.latin_given, names.latin_family)
        )
        given, family = _kind(names.given), _kind(names.family)
        either = "name" if "name" in {given, family} else "short"
        return {
            "name": (names.full, either),
            "given": (names.given, given),
            "family": (names.family, family),
            "possessive": (f"{names.given}’s", given) if odd else (f"{names.family}'s", family),
            "FULL": (names.full.upper(), either),
            "FAMILY": (names.family.upper(), family),
            "lower": (f"{names.given} {names.family}".lower(), either),
            "entities": (_entities(f"{names.given} {names.family}"), either),
            "spaced": (" ".join(names.given.upper()), given if names.given.isalpha() else "short"),
            "decomposed": (normalize("NFD", names.family), family),
            "soft": ("\u00ad".join((names.given[:middle], names.given[middle:])), given),
            "site": (f"https://people.example/{quote(names.given)}-{quote(names.family)}", "link"),
            "camel": (f"{names.given}{names.family}".translate(_NOT_IN_HANDLES), either),
            "file": (f"{_slug(names.latin_given)}_{_slug(names.latin_family)}_cv.pdf", either),
            "initial": (f"{names.given[0]}.", "initial" if family == "name" else "short"),
            "tagged": (f"{names.given[:middle]}<i>{names.given[middle:]}</i>", given),
            "email": (self.emails[odd], "email"),
            "spaced_email": (f"{user} (at) {domain}", "email"),
            "link": (self._link(), "link"),
            "repository": (f"https://github.com/{self.handle[1:]}", "link"),
            "handle": (self.handle, "handle"),
            "nickname": (names.nickname or names.given, _kind(names.nickname or names.given)),
            "employer": (self.employer, "employer"),
            "inflected": (self._random.choice(self.inflected), _kind(self._inflects)),
            "latin": (latin, either),
            "role": (role, ""),
            "They": (("He", "She")[self._woman], "pronoun"),
            "their": (("his", "her")[self._woman], "pronoun"),
            "title": (
                ("Mr", "Mrs.", "Mr.", "Ms")[odd * 2 + self._woman],
                "title" if family == "name" else "short",
            ),
        }

    def _link(self) -> str:
        return (self.url, self.url.removeprefix("https://www."), f"{self.url}/")[self._number % 3]

    def _english(self, sentence: str, role: str = "") -> Prose:
        """Fill a sentence in; a piece with a name in it is one word that reveals it."""
        slots = self._slots(role)
        found: list[Word] = []
        for piece in sentence.split():
            names = [slot for slot in slots if f"{{{slot}}}" in piece]
            if not names:
                found.append(Word(piece))
                continue
            text = piece.format_map({slot: slots[slot][0] for slot in names})
            kinds = {slots[slot][1] for slot in names}
            found.append(Word(text, kinds.pop()))
        return Prose(tuple(found))

    def _foreign(self, *, named: bool = True) -> Prose:
        """Return a sentence in the person's language, with their name in it if asked for."""
        space = "" if self.locale in UNSPACED else " "
        ordinary = self._ordinary(self._random.randint(7, 12))
        if not named:
            return Prose(tuple(map(Word, ordinary)), space)
        form = self._random.choice((*self.inflected, self.names.full, self.names.given))
        base = self._inflects if form in self.inflected else form
        place = self._random.randint(1, len(ordinary) - 1)
        before, after = map(Word, ordinary[:place]), map(Word, ordinary[place:])
        said = [*before, Word(form, _kind(base)), *after]
        return Prose(tuple(said), space)

    def _ordinary(self, count: int) -> list[str]:
        """Return words that are nobody's name, apart from those that equal this person's."""
        chosen: list[str] = []
        own = {fold(part) for part in name_parts(self.names.full)}
        named = Searcher(self.needles) if self.locale in UNSPACED else None
        while len(chosen) < count:
            word = self._fake.word()
            if " " in word:
                continue
            together = "".join((*chosen[-3:], word)) if self.locale in UNSPACED else word
            if fold(word) in own or (
                self._is_nobody(together)
                and (named is None or not named.hits([View("", together)]))
            ):
                chosen.append(word)
        return chosen


def _entities(text: str) -> str:
    """Return a text with every third letter as a character reference."""
    return "".join(
        f"&#{ord(letter)};" if number % 3 == 0 else letter for number, letter in enumerate(text)
    )


def _kind(name: str) -> str:
    """Return what a name reveals: one of one or two letters is too short to be looked for."""
    letters = sum(map(str.isalpha, name))
    return "name" if letters >= SHORTEST else "short"


def _slug(text: str) -> str:
    return "".join(filter(str.isalnum, anyascii(text).lower()))


def ordinary_words(prose: Prose) -> Iterator[str]:
    """Yield the words of a text that tell nothing."""
    for word in prose.words:
        if not word.reveals:
            yield word.text
