"""Queue strategies, one file each; see ``fsl_core.strategy`` for the contract."""
