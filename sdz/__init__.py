"""The command `sdz`: starts, prepares and examines an installation; knows services by name only."""
