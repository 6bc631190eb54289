"""Training across tasks, followed and judged."""
