"""What a model is on disk and how it runs: the bundle, the backbones and the runtimes."""
