"""Details: what a current into one cell of a patch does beyond that into the whole patch."""
