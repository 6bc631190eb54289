"""Prompts: how a task, its demonstrations and an item become a text that a language model goes on with."""
