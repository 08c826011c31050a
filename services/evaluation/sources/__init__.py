"""Sources: where a figure or a fact comes from; reference data that belongs to no place."""
