"""Who someone is (tokens), what they may do (permissions) and where (scopes)."""
