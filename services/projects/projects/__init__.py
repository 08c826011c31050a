"""Projects: what zones carry out, with their programmes and budgets."""
