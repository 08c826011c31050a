"""Documents: rules, the store, the routes, the sweep."""
