"""Generated examples: proposed by a source, filtered, reviewed by people, kept only where they help on real labels."""
