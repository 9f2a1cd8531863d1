"""What a person can ask of the desk: one function each, run in one transaction, sending nothing.

A use case gets the transaction (Work) first, checks a rule of the domain, records the fact, and says with
work.touch() which chats and queues it concerns; Desk.do commits and wakes these.
"""
