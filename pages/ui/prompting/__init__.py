"""Prompts, seen from inside."""
