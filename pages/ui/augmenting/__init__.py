"""Generated examples: read, judged, kept."""
