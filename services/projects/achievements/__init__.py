"""Achievements: technologies that zones have or look for, with their owners and conditions of use."""
