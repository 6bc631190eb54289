"""The old name of ``fsl_core.jobs.worker``, for who starts it by hand."""

from fsl_core.jobs.worker import main

if __name__ == "__main__":
    main()
