"""Mailboxes: client and login, the source, actions and their undoing, answers and sending, forged senders."""
