"""Notices: what people are told of the services' events, in an inbox and by e-mail."""
