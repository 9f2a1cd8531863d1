"""The demo: a whole help desk on one machine, for trying out; and what the tests share with it."""
