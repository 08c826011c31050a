"""One OpenAPI document of all services."""
