"""Bring a database to the present tables: one file in ``versions`` per step, run when a store opens."""
