"""The processes of a job: a warm start, the runner, its two engines, and the witness of what happened."""
