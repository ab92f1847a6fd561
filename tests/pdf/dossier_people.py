"""Random candidates for dossiers: the same ones for the same seed, half of their text not ASCII."""

from __future__ import annotations

from random import Random
from typing import Final

from candidate_cards.models import Candidate, ExperienceItem, RationaleItem


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ENGLISH: Final = _words(
    "platform data moved the billing team to a streaming design and kept every promise made in "
    "planning while offices in three countries filed final difficult figures after office hours "
    "owner of incidents budgets hiring mentoring AV Tokyo WAVE effort first-class C++ R&D 24/7"
)
_ACCENTED: Final = _words(
    "příliš žluťoučký kůň úpěl ďábelské ódy Łódź Gdańsk façade naïve crème brûlée Übergröße Straße "
    "coöperate İstanbul ışık ñandú Győr Nguyễn Trần Þórarinn Ærø smørrebrød Данные Платформа "
    "Инженер Δεδομένα Μηχανικός"
)
_CJK: Final = _words(
    "数据平台工程师 实时流处理 データ基盤 エンジニア チームを率いる 김민준 데이터 플랫폼"
)
_ARABIC: Final = _words("مهندسة البيانات منصة فريق القاهرة خبرة طويلة المدفوعات قادت تطوير")
_HEBREW: Final = _words("מהנדסת נתונים פלטפורמה צוות ניהול תשלומים חיפה ניסיון רב")
_THAI: Final = _words("วิศวกร ข้อมูล ระบบ ทีมงาน กรุงเทพ ประสบการณ์ พัฒนา เงิน")
_EMOJI: Final = _words("🚀 🎯 ✅ 👩🏽‍💻 🇨🇿 🔥 👍🏿 💡")

_LEFT_TO_RIGHT: Final = (_ACCENTED, _CJK, _THAI, _EMOJI)
_FOREIGN: Final = (*_LEFT_TO_RIGHT, _ARABIC, _HEBREW)
_MOST_WORDS: Final = 3000
_MOST_ROLES: Final = 25


def random_candidates(count: int, seed: int, *, giants: bool = False) -> list[Candidate]:
    """Return candidates of ordinary sizes, every other one with text from right to left too.

    Args:
        count: How many.
        seed: The same number gives the same people.
        giants: Whether the last two are as large as they come.
    """
    people = [_person(_Writer(f"{seed} {number}", number), number) for number in range(count)]
    if giants:
        people[-2:] = [_giant(_Writer(f"{seed} giant", 0)), _crowded(_Writer(f"{seed} crowd", 1))]
    return people


class _Writer(Random):
    """Writes texts of one script each; every other writer knows Arabic and Hebrew."""

    def __init__(self, seed: str, number: int) -> None:
        super().__init__(seed)
        self._banks = _FOREIGN if number % 2 else _LEFT_TO_RIGHT

    def text(self, words: int) -> str:
        """Return that many words, half of the time English; of emoji, only every fourth."""
        bank = _ENGLISH if self.random() < 0.5 else self.choice(self._banks)
        if bank is not _EMOJI:
            return " ".join(self.choices(bank, k=words))
        picked = self.choices(_ENGLISH, k=words)
        picked[3::4] = self.choices(_EMOJI, k=len(picked[3::4]))
        return " ".join(picked)

    def maybe(self, words: int) -> str | None:
        """Return that many words, or nothing."""
        return None if self.random() < 0.15 else self.text(words)

    def points(self, most: int) -> tuple[str, ...]:
        """Return up to so many lines."""
        return tuple(self.text(self.randint(1, 20)) for _ in range(self.randint(0, most)))


def _person(random: _Writer, number: int) -> Candidate:
    roles = 0 if random.random() < 0.75 else min(_MOST_ROLES, int(random.expovariate(1 / 3)) + 1)
    return Candidate(
        profile_id=f"prof_{number}",
        name=random.text(random.randint(2, 4)),
        linkedin_url=f"https://www.linkedin.com/in/example-{number}",
        match_score=random.choice((None, random.randint(0, 100))),
        skills=tuple(random.text(random.randint(1, 2)) for _ in range(random.randint(0, 12))),
        headline=random.maybe(7),
        location=random.maybe(2),
        current_company=random.maybe(2),
        current_role=random.maybe(4),
        rationale=random.maybe(random.randint(1, 60)),
        ai_fit_points=random.points(4),
        ai_red_flags=random.points(3),
        ai_detailed_rationale=tuple(
            RationaleItem(
                title=random.text(3),
                company=random.maybe(2),
                duration=random.maybe(2),
                relevance_explanation=random.text(random.randint(1, 40)),
            )
            for _ in range(min(roles, 2))
        ),
        detailed_experience=tuple(_role(random, _length(random)) for _ in range(roles)),
        emails=(f"person{number}@example.test",),
    )


def _length(random: _Writer) -> int:
    """Return a number of words, mostly small."""
    return min(_MOST_WORDS, int(10 ** random.triangular(0, 2.3, 1)))


def _giant(random: _Writer) -> Candidate:
    """Return one with roles longer than a page."""
    scripts = tuple(_role(random, _MOST_WORDS // 4, points=1) for _ in range(2))
    longest = ExperienceItem(
        role="Writer", highlights=(" ".join(random.choices(_ENGLISH, k=_MOST_WORDS)),)
    )
    return _person(random, 98).model_copy(update={"detailed_experience": (*scripts, longest)})


def _crowded(random: _Writer) -> Candidate:
    """Return one with as many roles as the issue asks for."""
    roles = tuple(_role(random, 12) for _ in range(_MOST_ROLES))
    return _person(random, 99).model_copy(update={"detailed_experience": roles})


def _role(random: _Writer, words: int, points: int | None = None) -> ExperienceItem:
    count = random.randint(0, 3) if points is None else points
    return ExperienceItem(
        role=random.text(random.randint(1, 5)),
        company=random.maybe(2),
        duration=random.maybe(2),
        highlights=tuple(random.text(max(1, words)) for _ in range(count)),
    )
