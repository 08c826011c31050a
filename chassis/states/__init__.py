"""State machines: one declared table gives the transitions of the API, their checks, and the diagram."""
