"""Candidates for the benchmarks: JSON text of the size that a sourcing run returns, from a seed."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DIFFERENT = 500
_FIRST = ("Aino", "Bram", "Chidi", "Dorota", "Émile", "Fatma", "Goran", "Hyejin", "Íris", "ليلى")
_LAST = ("Achterberg", "Baptista", "Castellanos", "D'Souza", "Ekström", "Ng", "Wójcik", "الحداد")
_ROLES = ("Data Engineer", "Site Reliability Engineer", "Staff Engineer", "Head of R&D", "Designer")
_COMPANIES = ("Northquay", "Fjell & Sønner", "Tern Robotics", "Ostrava Optics", "Juniper Mutual")
_PLACES = ("Utrecht, Netherlands", "Kraków, Poland", "Lagos, Nigeria", "Oulu, Finland", "Tacoma")
_SKILLS = """Python Kotlin PostgreSQL Kafka Terraform gRPC Rust dbt Airflow Spark C++ Go Redis
    Ansible Linux TypeScript Flink ClickHouse""".split()  # noqa: SIM905  easier to read
_WORDS = """moved the billing service to a second region without a stop and halved its cost while
    teaching three teams how to read their own latency graphs before they page anyone else at night
    which few people of this experience have done more than once in a regulated market
    """.split()  # noqa: SIM905  easier to read


def candidate_json(seed: int) -> str:
    """Return one candidate with every part that a card shows; equal seeds, equal text."""
    chance = random.Random(seed)  # noqa: S311  no secret is made of it

    def text(words: int) -> str:
        return " ".join(chance.choices(_WORDS, k=words)).capitalize() + "."

    first, last = chance.choice(_FIRST), chance.choice(_LAST)
    record: dict[str, Any] = {
        "profileId": f"prof_{seed:06d}",
        "name": f"{first} {last}",
        "linkedinUrl": f"https://www.linkedin.com/in/example-{seed:06d}",
        "matchScore": chance.randint(20, 99),
        "skills": chance.sample(_SKILLS, 12),
        "headline": f"{chance.choice(_ROLES)}, {text(4)}",
        "location": chance.choice(_PLACES),
        "currentCompany": chance.choice(_COMPANIES),
        "currentRole": chance.choice(_ROLES),
        "rationale": f"{text(24)} {text(24)}",
        "aiFitPoints": [text(11) for _ in range(4)],
        "aiRedFlags": [text(9) for _ in range(2)],
        "aiDetailedRationale": [
            {
                "title": chance.choice(_ROLES),
                "company": chance.choice(_COMPANIES),
                "duration": f"{year} years",
                "relevanceExplanation": text(16),
            }
            for year in (4, 3, 2)
        ],
        "detailedExperience": [
            {
                "role": chance.choice(_ROLES),
                "company": chance.choice(_COMPANIES),
                "duration": f"{year} - {year + 3}",
                "highlights": [text(10) for _ in range(3)],
            }
            for year in (2021, 2018, 2015, 2012)
        ],
        "emails": [f"person.{seed}@mail.example", f"p{seed}@work.example"],
    }
    return json.dumps(record, ensure_ascii=False)


def many(count: int) -> list[str]:
    """Return the JSON text of so many full candidates, all different."""
    return [candidate_json(seed) for seed in range(count)]


def write_many(path: Path, count: int) -> None:
    """Write so many candidates as JSON Lines; their ids differ, their texts repeat."""
    texts = many(min(count, _DIFFERENT))
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            seed = number % _DIFFERENT
            file.write(f"{texts[seed].replace(f'{seed:06d}', f'{number:06d}')}\n")


def uneven() -> Iterator[str]:
    """Yield candidates that take the other branches of a card: what is missing, markup, no link."""
    full: dict[str, Any] = json.loads(candidate_json(1))
    changes: list[dict[str, Any]] = [
        {"matchScore": score} for score in (None, 0, 30, 45, 65, 85, 100, "87.4", 140)
    ]
    changes += [{name: None} for name in full if name != "profileId"]
    changes += [
        {"name": '<b>"O\'Neil" & sons</b>', "currentRole": "<script>alert(1)</script>"},
        {"rationale": "One short sentence."},
        {"rationale": "x" * 400},
        {"linkedinUrl": "javascript:alert(1)"},
        {"linkedinUrl": "https://ro.linkedin.com/in/example?a=1&b=2"},
        {"aiFitPoints": [f"Point {number}" for number in range(6)]},
        {"skills": ["C & C++", "<wbr>"], "aiRedFlags": ["&amp;"] * 7},
    ]
    for change in changes:
        yield json.dumps({**full, **change}, ensure_ascii=False)
    yield json.dumps({"profileId": "prof_bare"})
