"""What benchmarks and tests both need: the app as a process, and a model server that misbehaves."""
