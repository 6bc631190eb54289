"""Honest scores of anything that keeps the contract of a method; knows no method by name."""
