"""Few-shot methods, one file each; see ``fsl_core.method`` for the contract."""
