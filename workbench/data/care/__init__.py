"""What can be wrong with a dataset; one file per kind of check, each of which proposes and changes nothing."""
