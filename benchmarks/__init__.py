"""Measurements against throwaway servers with the real component; `make bench` runs them (docs/performance.md)."""
