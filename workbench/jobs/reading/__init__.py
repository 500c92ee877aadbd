"""What a notebook says and needs: cells, names, files, parameters; nothing is run."""
