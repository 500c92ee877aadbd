"""The folder of a job: what `job.json` says, and where its files are."""

from __future__ import annotations

#: What a target finds in the folder of a job: this file, and the bundle's files in WORK.
JOB, WORK = "job.json", "work"
#: The values of the variables that the job needs and that nobody else may read: mode 0600, gone when the run has ended.
SECRETS = ".secrets.json"
#: What the process of a job saw: versions, threads, files, outputs. `verify` compares two of them.
WITNESS = "witness.json"
