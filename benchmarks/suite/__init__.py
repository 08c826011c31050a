"""One module a benchmark; its name is what `ONLY=` takes."""
