"""Stories of the whole desk, the same on the simulated server and on a real Prosody; see `stage.Stage`."""
