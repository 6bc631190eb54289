"""Long work outside the server: a queue in the store, workers that take from it, one module for each kind of work."""

from fsl_core.jobs.queue import do as do
from fsl_core.jobs.queue import kinds as kinds
from fsl_core.jobs.queue import log_file as log_file
from fsl_core.jobs.queue import params_of as params_of
from fsl_core.jobs.queue import result_of as result_of
from fsl_core.jobs.queue import start as start
from fsl_core.jobs.queue import task as task
from fsl_core.jobs.queue import tend as tend
