"""Notices: who is told what, the inbox, and e-mail."""
