"""Stanzas that nobody meant: mutated trees fed to the component, and raw bytes through real servers."""
