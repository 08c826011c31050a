"""What must hold of a project."""

from __future__ import annotations

from decimal import Decimal

from chassis.words import Words

BUDGET_ALONE = Words("有预算时须有币种", "A budget needs its currency")
CURRENCY_ALONE = Words("有币种时须有预算", "A currency needs its budget")


def amount_fault(budget: Decimal | None, currency: str | None) -> Words | None:
    """An amount is a number and its currency (ISO 4217), or is not known: then both are missing."""
    if budget is not None and currency is None:
        return BUDGET_ALONE
    if budget is None and currency is not None:
        return CURRENCY_ALONE
    return None
