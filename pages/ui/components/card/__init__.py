"""The labelling card."""
