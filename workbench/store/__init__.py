"""Adapters that keep things: versioned tables, records, blobs, tracking and the model registry."""
