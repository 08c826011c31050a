"""What every service stands on: identity, resources, feed, errors. Knows no service and no domain."""
