"""Notebooks as jobs: promote, run, follow, cancel."""
