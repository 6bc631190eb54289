"""Projects: created, opened, filled from files."""
