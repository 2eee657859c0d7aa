"""The setup of the receivables that a client reads before it posts: transaction sources and transaction types.

What comes in: the site. What goes out: the `Resource` definitions. That the two lists exist is documented; that they
show numbering, receipt handling for credits, opening of receivables and exclusion from tax is not: their names, and
those of the attributes in question, are switches. Sources:
https://docs.oracle.com/en/cloud/saas/financials/24c/farfa/op-transactionsourceslov-get.html,
https://docs.oracle.com/en/cloud/saas/financials/23d/farfa/api-list-values-receivables-transaction-types-list-values.html.
"""

from __future__ import annotations

from emulators.fusion.masters import keyed_resource, ledgers_of
from emulators.fusion.resource import NUMBER, TEXT, Resource, Row
from emulators.fusion.site import Client, Site


def receivables_masters(site: Site) -> dict[str, Resource]:
    """Return the resources of the receivables' setup by name; a resource whose name is blank is left out."""
    found = (_sources(site), _types(site))
    return {resource.name: resource for resource in found if resource.name}


def _sources(site: Site) -> Resource:
    switches = site.receivables.switches
    attributes = {"TransactionSourceId": NUMBER, "Name": TEXT, "AutomaticTransactionNumbering": TEXT}
    attributes |= {switches.receipt_handling_attribute: TEXT} if switches.receipt_handling_attribute else {}

    def rows(client: Client) -> list[Row]:
        units = [ledger.business_unit for ledger in ledgers_of(site, client)]
        return [
            {
                "TransactionSourceId": source.id,
                "Name": source.name,
                "AutomaticTransactionNumbering": "N" if source.is_numbered_by_hand else "Y",
                switches.receipt_handling_attribute: source.receipt_handling or None,
            }
            for source in site.receivables.sources
            if any(source.is_valid_for(unit) for unit in units)
        ]

    return keyed_resource(switches.sources_resource, "TransactionSourceId", attributes, rows)


def _types(site: Site) -> Resource:
    switches = site.receivables.switches
    attributes = {"TransactionTypeId": NUMBER, "Name": TEXT, "TransactionClass": TEXT}
    names = (switches.opens_receivables_attribute, switches.tax_exclusion_attribute)
    attributes |= {name: TEXT for name in names if name}

    def rows(client: Client) -> list[Row]:
        return [
            {
                "TransactionTypeId": one.id,
                "Name": one.name,
                "TransactionClass": one.kind,
                switches.opens_receivables_attribute: "Y" if one.opens_receivables else "N",
                switches.tax_exclusion_attribute: "Y" if one.is_tax_excluded else "N",
            }
            for one in (site.receivables.types if ledgers_of(site, client) else ())
        ]

    return keyed_resource(switches.types_resource, "TransactionTypeId", attributes, rows)
