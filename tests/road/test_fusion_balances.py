"""Balances of the ledger at a Fusion pod: by whole combination or with %, per currency, nothing believed blindly."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from emulators.fusion import mischief
from emulators.fusion.demo_site import CLIENT_WITHOUT_DATA, EQUITY, US_LEDGER, account_of
from ledger.accounts import AccountKey
from ledger.errors import ConfigurationRefused, TargetMisconfigured, TargetUnavailable
from resources.erp.target import LedgerBalance
from tests.road.conftest import World
from tests.road.fusion_rig import Pod

CLEARING, RESERVE = AccountKey.of("01", account="110500"), AccountKey.of("01", account="110700")
SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)
D = Decimal


@pytest.fixture
def pod(world: World) -> Pod:
    """The demo pod; its own switches may be changed."""
    made = Pod(world)
    made.app.site.switches = replace(made.app.site.switches)
    return made


def book(pod: Pod, amount: str, day: date = OCTOBER, *, account: str = "110500", product: str = "000", **more) -> None:
    """Let a person post a journal; `currency` and `accounted` make it one of another currency."""
    accounted = D(more.get("accounted", amount))
    lines = [(account_of(US_LEDGER, account, product=product), accounted), (account_of(US_LEDGER, EQUITY), -accounted)]
    batch = pod.app.books.people.enter(
        US_LEDGER, f"By hand {len(pod.app.books.batches())}", day, [(*one, "") for one in lines]
    )
    if "currency" in more:
        store = pod.app.books.store
        [header] = pod.app.books.journals.headers(batch)
        store.change("JE_HEADER", header["ID"], CURRENCY=more["currency"])
        for line in pod.app.books.journals.lines(header["ID"]):
            side = "ENTERED_DR" if line["ENTERED_DR"] else "ENTERED_CR"
            store.change("JE_LINE", line["ID"], **{side: amount.lstrip("-")})


def balances(pod: Pod, *accounts: AccountKey, as_of: date = OCTOBER, **settings) -> dict[tuple[str, str], Decimal]:
    """Ask for balances with these settings of them; return them by natural account and currency."""
    target = pod.road(fusion={"balances": settings}).target
    found = target.balances(accounts or (CLEARING,), as_of)
    assert all(isinstance(one, LedgerBalance) for one in found)
    return {(one.account.account, one.currency): one.amount for one in found}


def test_all_combinations_of_an_account_are_asked_for(pod):
    """Unit and natural account make the account: what stands under another product counts; other accounts do not."""
    book(pod, "100.00", SEPTEMBER)
    book(pod, "20.50", product="AMZ")
    book(pod, "7.00", account="110600")
    assert balances(pod, CLEARING, RESERVE) == {("110500", "USD"): D("120.50")}
    assert balances(pod, as_of=SEPTEMBER) == {("110500", "USD"): D("100.00")}
    assert pod.faults.calls("ledgerBalances") > 2


def test_a_site_that_takes_a_percent_sign_is_asked_once(pod):
    """Where the settings say so; a site that does not shows nothing, and nothing is not believed."""
    book(pod, "100.00")
    book(pod, "20.50", product="AMZ")
    pod.app.site.switches = replace(pod.app.site.switches, is_percent_any=True)
    before = pod.faults.calls("ledgerBalances")
    assert balances(pod, is_percent_any=True) == {("110500", "USD"): D("120.50")}
    assert pod.faults.calls("ledgerBalances") == before + 1


def test_an_account_that_holds_nothing_is_believed_beside_one_that_does(pod):
    """Cash of the same unit is the control; a named one is asked for alone."""
    assert balances(pod, RESERVE) == {}
    assert balances(pod, RESERVE, control=account_of(US_LEDGER, "100100")) == {}
    with pytest.raises(TargetMisconfigured, match="told from a blind one"):
        balances(pod, RESERVE, control=account_of(US_LEDGER, "110700"))


def test_without_data_access_nothing_is_believed(pod):
    """Fusion answers 200 with no rows, for combinations and balances alike."""
    pod.road()
    pod.world.vault.set("fusion_client_id", CLIENT_WITHOUT_DATA)
    with pytest.raises(TargetMisconfigured, match="shows no"):
        balances(pod)


def test_a_balance_that_is_not_shown_of_a_unit_is_no_zero(pod):
    """Combinations are seen, balances are not."""
    book(pod, "100.00")
    pod.faults.always("ledgerBalances", mischief.named(mischief.BLIND))
    with pytest.raises(TargetMisconfigured, match="told from a blind one"):
        balances(pod)


@pytest.mark.parametrize("is_total", [True, False])
def test_currencies_are_told_apart_whatever_the_ledger_s_own_holds(pod, is_total):
    """Of another currency what was entered; of the ledger's own what is left without it."""
    pod.app.site.switches = replace(pod.app.site.switches, is_ledger_balance_total=is_total)
    book(pod, "100.00", SEPTEMBER)
    book(pod, "50.00", date(2026, 8, 31), currency="CAD", accounted="36.50")
    book(pod, "-20.00", currency="CAD", accounted="-14.70")
    told = {"currencies": ["CAD"], "ledger_currency_is": "total" if is_total else "entered"}
    assert balances(pod, **told) == {("110500", "CAD"): D("30.00"), ("110500", "USD"): D("100.00")}
    assert balances(pod, as_of=SEPTEMBER, **told) == {("110500", "CAD"): D("50.00"), ("110500", "USD"): D("100.00")}


def test_a_currency_that_nobody_named_is_refused(pod):
    """Its amounts stand in the ledger's own balance, where nobody could tell them."""
    book(pod, "50.00", currency="CAD", accounted="36.50")
    with pytest.raises(TargetMisconfigured, match=r"moves in CAD as well in Oct-26.*balances, currencies"):
        balances(pod)


def test_a_currency_that_is_held_for_too_long_is_refused(pod):
    """How much of the total is of it is known from journals alone, and these are not walked for ever."""
    book(pod, "50.00", date(2026, 8, 31), currency="CAD", accounted="36.50")
    with pytest.raises(TargetUnavailable, match="cannot be told apart"):
        balances(pod, currencies=["CAD"], months_max=1)


def test_the_month_before_the_first_that_was_opened_holds_nothing(pod):
    """A ledger begins with its first period; one to come has no balances, and says so."""
    pod.period("Jul-26", "N")
    assert balances(pod, as_of=date(2026, 7, 31)) == {}
    with pytest.raises(TargetMisconfigured, match=r"Dec-26 .*never opened"):
        balances(pod, as_of=date(2026, 12, 31))


def test_a_day_within_a_month_has_no_balance(pod):
    """Fusion keeps them by period."""
    with pytest.raises(TargetMisconfigured, match="does not end a month"):
        balances(pod, as_of=date(2026, 10, 30))


def test_the_ledger_s_own_currency_is_not_one_of_the_others(pod):
    """It would be asked for twice."""
    with pytest.raises(ConfigurationRefused, match="own currency"):
        balances(pod, currencies=["USD"])
