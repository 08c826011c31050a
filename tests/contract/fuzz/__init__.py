"""Generated and hostile requests to every operation."""
