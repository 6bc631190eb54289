"""The table of all items: what it gets, its score, and what may be taken without looking."""
