"""Bundles: all that a job runs, content-addressed, with the environment that it needs."""
