"""A second, independent way from the files of a demonstration folder to its ranking."""
