"""The loop that observes, plans and acts, chat by chat; routing; timers; what is told to people."""
