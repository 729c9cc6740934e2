"""Single values as people print them: amounts, dates, identifiers' check digits, and values as cells."""
