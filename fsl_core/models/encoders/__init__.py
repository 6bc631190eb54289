"""Encoders, one file each; see ``fsl_core.contracts.encoder`` for the contract."""
