"""Few-shot methods, one file each; see ``fsl_core.contracts.method`` for the contract."""
