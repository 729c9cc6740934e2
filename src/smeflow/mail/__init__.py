"""All that is known of mailboxes.

The client, the login, mail as a source, what is done with a mail and undone, answers and their sending, and
the guard against forged senders.
"""
