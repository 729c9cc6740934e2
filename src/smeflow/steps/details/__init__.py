"""What a mail asks: until when, how urgently, what, and about which order, invoice or customer."""
