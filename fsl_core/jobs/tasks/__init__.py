"""Kinds of jobs: one module each, with ``run(job, store, report) -> result``."""
