"""The drawing sheet."""
