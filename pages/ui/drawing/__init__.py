"""The lesson with drawn characters."""
