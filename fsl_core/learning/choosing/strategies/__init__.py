"""Queue strategies, one file each; see ``fsl_core.contracts.strategy`` for the contract."""
