"""``python -m candidate_cards``."""

from __future__ import annotations

from candidate_cards.cli import main

if __name__ == "__main__":
    main()
