"""Items: read from files, kept, and written out again."""
