"""Encoders and language models: found, downloaded, tried, taken into use."""
