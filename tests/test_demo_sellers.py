"""A copied seller is the seller as built, and nobody else's."""

from dataclasses import replace
from datetime import date

from emulators.demo_seller.seller import demo_seller
from tests.demo_sellers import SEED, seller_of_its_own

AS_OF = date(2026, 11, 20)


def test_what_is_done_to_a_copy_is_seen_in_no_other():
    """Orders, grants, reports; and what is made of the orders later is made of the copy's own."""
    spoiled = seller_of_its_own(AS_OF)
    account = spoiled.sellers[0]
    history = spoiled.world.histories[account.seller_id]
    spoiled.world.revoke(account.refresh_token)
    spoiled.world.entries[account.seller_id].clear()
    history.orders[0] = replace(history.orders[0], currency="XXX")
    del history.orders[1:]
    assert history.transactions_later[0].args[2] is history.orders
    built, copied = demo_seller(SEED, AS_OF), seller_of_its_own(AS_OF)
    assert copied.secrets == built.secrets
    for seller_id, own in built.world.histories.items():
        theirs = copied.world.histories[seller_id]
        assert theirs.orders == own.orders
        assert theirs.all_transactions() == own.all_transactions()
    assert (copied.world.entries, copied.world.documents) == (built.world.entries, built.world.documents)
    assert not any(one.is_revoked for one in copied.world.grants.values())
