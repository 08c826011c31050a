"""Its versions, oldest first; released ones never change."""
