"""What may be shown to whom: decided before any view, and the codes that stand for people."""
