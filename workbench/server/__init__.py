"""The Jupyter Server extension: the workspace's state and its verbs over HTTP."""
