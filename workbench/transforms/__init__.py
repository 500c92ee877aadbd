"""Steps that change samples: fitted ones that prepare them everywhere the same, and random ones that make more of them."""
