"""What is tried out: the answer, and the way into the project."""
