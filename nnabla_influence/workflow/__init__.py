"""The floor that commands, clicks and Python users stand on: one module for each job.

A *request* is a frozen value that checks itself; a job is a function from a request to a result. Nothing here knows
options of a command or fields of a plugin, and nothing is printed: what a job says while it works goes to the package's
log, how far it is to a `ProgressReporter`, and what it found is its result. `Project` is the whole floor as one object.
"""
