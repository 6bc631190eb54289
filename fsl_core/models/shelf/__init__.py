"""Models that can be had: a catalogue with hashes, fetched on demand, converted once, read from a folder."""
