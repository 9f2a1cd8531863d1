"""Why the demo could not start, in words for the person who started it."""


class DemoError(Exception):
    """The text says what is wrong and what to do about it; it is shown as it is."""
