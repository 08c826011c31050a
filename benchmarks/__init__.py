"""Side-by-side measurements: `make bench`. See README.md for how to add one."""
