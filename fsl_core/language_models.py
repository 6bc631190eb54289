"""Loading language models without any request, pickle or foreign code."""
