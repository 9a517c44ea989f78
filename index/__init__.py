"""Passages and finding them: the search port, passages and language analysis (pure), the adapters."""
