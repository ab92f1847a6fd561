"""Candidates that the browser tests render: one with every part, one shorter, one nearly empty."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from candidate_cards import parse_shortlist

if TYPE_CHECKING:
    from candidate_cards import Candidate

FULL: dict[str, Any] = {
    "profileId": "prof_5e1a",
    "name": "Ilse Vandenbroucke-Okonkwo",
    "linkedinUrl": "https://www.linkedin.com/in/example-ilse",
    "matchScore": 88,
    # Long enough to fold.
    "rationale": "Nine years of payment systems, the last four leading the team that moved a "
    "card processor to three regions without a stop. She wrote the failover drill herself and "
    "ran it every month in daylight, with the regulator watching twice. Her references praise "
    "calm reviews and short documents. What is open is whether she wants a team of this size, "
    "and how soon she could start.",
    "skills": ["Kotlin", "PostgreSQL", "Kafka", "Kubernetes", "Terraform", "ISO 8583", "gRPC"],
    "headline": "Principal engineer, payments",
    "location": "Ghent, Belgium",
    "currentCompany": "Leie Payments",
    "currentRole": "Principal Engineer",
    "aiFitPoints": [
        "Ran settlement for eleven million cards",
        "Wrote the on-call handbook that two teams still use",
        "Speaks Dutch, French and English",
    ],
    "aiRedFlags": ["No team above nine people", "Notice period of three months"],
    "aiDetailedRationale": [
        {
            "title": "Principal Engineer",
            "company": "Leie Payments",
            "duration": "4 years",
            "relevanceExplanation": "The same regulator and the same settlement windows.",
        },
        {
            "title": "Senior Engineer",
            "company": "Polder Bank",
            "duration": "5 years",
            "relevanceExplanation": "Owned the ledger through an audit.",
        },
    ],
    "detailedExperience": [
        {
            "role": "Principal Engineer",
            "company": "Leie Payments",
            "duration": "2022 - Present",
            "highlights": ["Three regions, no stop", "Cut settlement from hours to minutes"],
        },
        {
            "role": "Senior Engineer",
            "company": "Polder Bank",
            "duration": "2017 - 2022",
            "highlights": ["Double-entry ledger", "Mentored four engineers"],
        },
    ],
    "emails": ["ilse@example.com"],
}
SHORT: dict[str, Any] = {
    "profileId": "prof_77c2",
    "name": "نور الهاشمي",
    "linkedinUrl": "https://www.linkedin.com/in/example-nour",
    "matchScore": 64,
    "rationale": "Built the mobile half of a wallet; less time on the server side.",
    "skills": ["Swift", "Go"],
    "location": "Amman",
    "currentCompany": "Qamar Wallet",
    "currentRole": "Mobile Lead",
    "aiFitPoints": ["Shipped to two million phones"],
    "aiRedFlags": ["One year of server work"],
}
BARE: dict[str, Any] = {"profileId": "prof_0000", "name": "Bo"}


def candidate_from(payload: dict[str, Any]) -> Candidate:
    """Read one candidate the way a user would, from JSON text."""
    return parse_shortlist(json.dumps(payload)).candidates[0]
