"""What encoders and language models share: files, runtimes, servers, networks."""
