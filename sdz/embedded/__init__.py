"""The embedded PostgreSQL server: where its programs are, and one cluster run from them."""
