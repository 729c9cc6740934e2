"""Addresses as strangers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smeflow.mail.senders import domain_of, impersonated_domain, lookalike_of, registered_domain
from smeflow.writing.drafts import sender_address, sender_name

KNOWN = ["atelier.example"]
ADDRESSES = st.text(max_size=60) | st.lists(
    st.sampled_from(["atelier.example", "ateIier", "@", ".", "<", ">", ",", '"', "(", "xn--", "é", "a", " "]),
    max_size=12,
).map("".join)


@pytest.mark.slow
@given(ADDRESSES)
def test_no_address_fails(text):
    """Who wrote is a name and an address or nothing; a double is told by the domain it looks like."""
    domain = domain_of(text)
    assert registered_domain(domain) in domain
    assert lookalike_of(domain, KNOWN) in {None, *KNOWN}
    assert impersonated_domain(text, KNOWN) in {None, *KNOWN}
    assert "@" in (sender_address(text) or "@")
    assert len(sender_name(text).splitlines()) <= 1
