"""How a dossier becomes a PDF: parts are rendered by WeasyPrint, then joined."""

from __future__ import annotations
