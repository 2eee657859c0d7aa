"""What no single key of a mapping can know: contradictions, overlaps, and rules that can never be reached.

In: a mapping whose shape is right. Out: every problem with the path of the key it belongs to, so that the reader of
the file can name file and line. Nothing here stops at the first problem.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import combinations
from typing import Any

from ledger import event_classification
from ledger.categories import CARRIED, ROLE_OF_CATEGORY, TAX_COLLECTED, TAX_WITHHELD, categories
from ledger.classification import Classified, Labels, classify, label, triple
from ledger.glob import covers, is_pattern
from ledger.mapping_shape import Accounts, BankBooking, Booking, MappingShape, OwnerUnit, Rule, When

Path = tuple[str | int, ...]
Problem = tuple[Path, str]

_ROLES = tuple(name for name in Accounts.model_fields if name not in ("clearing", "inter_unit"))
_SALES_TAX = (TAX_COLLECTED, TAX_WITHHELD)
_CONDITIONS = tuple(name for name in When.model_fields if name != "category")


def problems(shape: MappingShape) -> list[Problem]:
    """Return every problem of a well-shaped mapping whose category names are known; an empty list means none."""
    checks: tuple[Callable[[MappingShape], Iterator[Problem]], ...] = (
        _clearing,
        _accounts_that_move_nothing,
        _overlaps,
        _natures,
        _unreachable_rules,
        _unreachable_categories,
        _roles_and_categories,
        _triples,
        _event_leaves,
        _twice,
    )
    return [problem for check in checks for problem in check(shape)]


def bookings(shape: MappingShape) -> Iterator[tuple[Path, str, Booking]]:
    """Yield every booking but clearing and inter-unit: its path, its category or role, itself."""
    for name, dated in shape.categories.items():
        for index, booking in enumerate(dated):
            yield ("categories", name, index), name, booking
    for index, rule in enumerate(shape.rules):
        for category in rule.when.category:
            yield ("rules", index, "book"), category, rule.book
    for role in _ROLES:
        given = getattr(shape.accounts, role)
        for index, booking in enumerate((given,) if isinstance(given, Booking) else given or ()):
            yield ("accounts", role, index), role, booking


def unknown_categories(values: dict[str, Any]) -> Iterator[Problem]:
    """Yield every category name that is none, from plain values whose shape may still be wrong."""
    named: list[tuple[Path, object]] = [(("categories", name), name) for name in _keys(values.get("categories"))]
    for index, rule in enumerate(_items(values.get("rules"))):
        when = rule.get("when") if isinstance(rule, dict) else None
        category = when.get("category") if isinstance(when, dict) else None
        named += [(("rules", index, "when", "category"), name) for name in _items(category) or [category]]
    for path, name in named:
        if name in CARRIED:
            yield path, f"{name} is booked clearing against clearing and takes no account: remove it"
        elif isinstance(name, str) and name not in categories():
            yield path, f"{name!r} is no category{_meant(name)}"
    for key in ("triples", "event_leaves"):
        for index, row in enumerate(_items(values.get(key))):
            name = row.get("category") if isinstance(row, dict) else None
            if isinstance(name, str) and name not in categories():
                yield (key, index, "category"), f"{name!r} is no category{_meant(name)}"


def _keys(value: object) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _meant(name: str) -> str:
    close = get_close_matches(name, categories(), n=1)
    return f": did you mean {close[0]}?" if close else ": take one of docs/reference/categories.md"


def _clearing(shape: MappingShape) -> Iterator[Problem]:
    for name in ("clearing", "accrued"):
        booking = getattr(shape.accounts, name)
        if booking and (booking.valid_from or booking.valid_to):
            yield ("accounts", name), "cannot change by date, open items would stay behind: remove the dates"
        if booking and booking.unit:
            yield ("accounts", name, "unit"), "stays with the owner of the settlement: write the unit under owner"
    for role in ("bank", "fx_realised"):
        for index, booking in enumerate(getattr(shape.accounts, role) or ()):
            if booking.unit:
                yield ("accounts", role, index, "unit"), "is that of the owner, whose bank is paid: remove the unit"
    for index, booking in enumerate(shape.accounts.inventory_loss or ()):
        if booking.unit:
            yield ("accounts", "inventory_loss", index, "unit"), "is that of the stock that was lost: remove the unit"
    for index, pair in enumerate(shape.accounts.inter_unit):
        for side in ("due_from", "due_to"):
            booking = getattr(pair, side)
            if booking.unit or booking.valid_from or booking.valid_to:
                path = ("accounts", "inter_unit", index, side)
                yield path, "stands in the books of both units at all times: remove unit, valid_from, valid_to"


def _accounts_that_move_nothing(shape: MappingShape) -> Iterator[Problem]:
    clearing, accrued = shape.accounts.clearing.account, shape.accounts.accrued
    for path, name, booking in bookings(shape):
        if booking.account == clearing and name != "opening_debt":
            yield path, f"books to {clearing}, which is the clearing account itself: choose the account it belongs to"
        if accrued and booking.account == accrued.account and name != "accrued":
            yield (
                path,
                f"books to {accrued.account}, which is the account of accruals: choose the one it belongs to",
            )


def _overlaps(shape: MappingShape) -> Iterator[Problem]:
    groups: dict[Path, Sequence[Booking]] = {("categories", name): dated for name, dated in shape.categories.items()}
    for role in _ROLES:
        given = getattr(shape.accounts, role)
        groups["accounts", role] = () if given is None or isinstance(given, Booking) else given
    for path, dated in groups.items():
        for (_, first), (second, later) in combinations(enumerate(dated), 2):
            if first.overlaps(later) and not _are_of_other_banks(first, later):
                yield (*path, second), f"holds on dates on which account {first.account} holds too: end one earlier"


def _are_of_other_banks(first: Booking, later: Booking) -> bool:
    """Tell whether two accounts take the money of different bank accounts, or one of them says more of its own."""
    if not isinstance(first, BankBooking) or not isinstance(later, BankBooking):
        return False
    return (first.account_ending, first.currency) != (later.account_ending, later.currency)


def _natures(shape: MappingShape) -> Iterator[Problem]:
    category_of_role = {role: category for category, role in ROLE_OF_CATEGORY.items()}
    for path, name, booking in bookings(shape):
        category = categories().get(category_of_role.get(name, name))
        if booking.nature is None:
            continue
        if category is None:
            yield path, f"nature is fixed for {name}: remove it"
        elif booking.nature not in category.natures:
            yield path, f"{name} cannot be {booking.nature}: choose {' or '.join(category.natures)}"


def _unreachable_rules(shape: MappingShape) -> Iterator[Problem]:
    for index, rule in enumerate(shape.rules):
        for earlier_index, earlier in enumerate(shape.rules[:index]):
            if _covers(earlier, rule):
                sentence = f"can never be reached: rule {earlier_index + 1} takes all of it. Move it up or remove it"
                yield ("rules", index), sentence
                break


def _unreachable_categories(shape: MappingShape) -> Iterator[Problem]:
    for name, dated in shape.categories.items():
        for index, booking in enumerate(dated):
            for number, rule in enumerate(shape.rules, start=1):
                if _is_unconditional(rule) and name in rule.when.category and rule.spans(booking):
                    sentence = f"can never be reached: rule {number} takes all of {name}. Remove one of them"
                    yield ("categories", name, index), sentence


def _roles_and_categories(shape: MappingShape) -> Iterator[Problem]:
    """Refuse an account for a category whose account is already said by a role."""
    given = {role for role in _ROLES if getattr(shape.accounts, role) is not None}
    for name in shape.categories:
        roles = ("pass_through_tax", "tax_liability") if name in _SALES_TAX else (ROLE_OF_CATEGORY.get(name, ""),)
        if given >= set(roles):
            said = " and ".join(f"accounts.{role}" for role in roles)
            yield ("categories", name), f"has its account from {said}: keep one of them"


def _is_unconditional(rule: Rule) -> bool:
    return all(getattr(rule.when, name) is None for name in _CONDITIONS)


def _covers(general: Rule, specific: Rule) -> bool:
    """Tell whether a rule takes everything a later one would take, on all its dates."""
    if not set(general.when.category) >= set(specific.when.category) or not general.spans(specific):
        return False
    for name in _CONDITIONS:
        wide, narrow = getattr(general.when, name), getattr(specific.when, name)
        if wide is None:
            continue
        written = str if name == "sku" else label
        if narrow is None or not all(any(covers(written(w), written(n)) for w in wide) for n in narrow):
            return False
    return True


def _triples(shape: MappingShape) -> Iterator[Problem]:
    """Hold the user's own rows against each other and against the shipped ones."""
    given = [
        (triple(row.transaction_type, row.amount_type, row.amount_description), row.category) for row in shape.triples
    ]
    yield from _own_rows("triples", given, classify)


def _event_leaves(shape: MappingShape) -> Iterator[Problem]:
    given = [
        (event_classification.pair(row.transaction_type, row.leaf_path), row.category) for row in shape.event_leaves
    ]
    yield from _own_rows("event_leaves", given, event_classification.classify_event)


def _own_rows(
    key: str, given: Sequence[tuple[Labels, str]], classified: Callable[..., Classified | None]
) -> Iterator[Problem]:
    """Refuse rows that an earlier row takes, and rows that would move money across the balance sheet's edge."""
    rows = [labels for labels, _ in given]
    for index, (labels, category) in enumerate(given):
        is_exact = not any(is_pattern(one, "*") for one in labels)
        for earlier_index, earlier in enumerate(rows[:index]):
            is_same_kind = is_exact == (not any(is_pattern(one, "*") for one in earlier))
            if is_same_kind and all(covers(wide, narrow) for wide, narrow in zip(earlier, labels, strict=True)):
                yield (key, index), f"can never be reached: row {earlier_index + 1} takes it. Remove one"
                break
        chosen = categories().get(category)
        shipped = classified(*labels) if is_exact else None
        if chosen is None or shipped is None or not shipped.is_verified:
            continue
        known = categories()[shipped.category]
        is_across = (
            chosen.nature.is_balance_sheet != known.nature.is_balance_sheet or chosen.is_carried != known.is_carried
        )
        if shipped.is_exact and not known.posts_only_when_named and is_across:
            sentence = f"is known to be {known.name}, which {_side(known.nature.is_balance_sheet)}: remove this row"
            yield (key, index), sentence


def _side(is_balance_sheet: bool) -> str:
    return "stays on the balance sheet" if is_balance_sheet else "belongs to profit and loss"


def _twice(shape: MappingShape) -> Iterator[Problem]:
    seen: set[frozenset[str]] = set()
    for index, pair in enumerate(shape.accounts.inter_unit):
        if frozenset(pair.units) in seen:
            yield ("accounts", "inter_unit", index), f"repeats the pair {' and '.join(pair.units)}: remove one"
        seen.add(frozenset(pair.units))
    yield from _same_names(("owner", "marketplaces"), shape.owner.marketplaces)
    for currency in shape.marketplace_for_blank:
        if currency != "*" and not (len(currency) == 3 and currency.isalpha() and currency.isupper()):
            path = ("marketplace_for_blank", currency)
            yield path, "must be a currency: write ISO 4217 codes in capitals, for example EUR"


def _same_names(path: Path, named: Mapping[str, OwnerUnit]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name in named:
        known = seen.setdefault(name.strip().casefold(), name)
        if known != name:
            yield (*path, name), f"is the same marketplace as {known}: remove one"
