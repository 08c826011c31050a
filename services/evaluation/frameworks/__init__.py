"""Indicators, and the frameworks that weigh them."""
