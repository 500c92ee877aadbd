"""Views of nouns in a notebook: live in JupyterLab and Voila, a static picture where no browser looks."""
