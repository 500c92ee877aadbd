"""Pure functions on arrays: metrics, calibration, sampling, drift; no files, no torch, no state."""
