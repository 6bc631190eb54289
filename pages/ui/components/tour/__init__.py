"""The memory of the browser for the guided first run."""
