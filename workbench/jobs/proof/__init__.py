"""Rehearsal, certificate and verdict: whether what was tested is what runs."""
