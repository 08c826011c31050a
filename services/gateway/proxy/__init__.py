"""The way of a request: where it goes, with which token, and back."""
