"""Language models at work: loading, writing, scoring labels, talking to a server."""
