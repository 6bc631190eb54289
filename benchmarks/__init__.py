"""Tables that say how good and how fast Handful is. ``python -m benchmarks.NAME --data FOLDER``."""
