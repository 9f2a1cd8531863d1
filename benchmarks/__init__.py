"""Measurements against a throwaway Prosody with the real component; `make bench` runs them (docs/performance.md)."""
