"""Few-shot learning: encoders, methods, honest scores, a store. Knows no user interface."""

__version__ = "0.1.0"
