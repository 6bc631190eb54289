"""Encoders, one file each; see ``fsl_core.encoder`` for the contract."""
