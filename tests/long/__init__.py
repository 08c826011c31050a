"""Proofs that take minutes: each is a module that runs by itself and prints its figures."""
