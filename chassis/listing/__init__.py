"""Lists: declared filters, sorts and facets, full text, keyset pages (AIP-158, AIP-160, RFC 8288).

A capability declares one `Listing`; it is the dependency that reads the query string and the source of
the OpenAPI parameters. A parameter that is not declared is 400, never ignored.
"""

from chassis.listing.declaration import DEFAULT_LIMIT, MAX_LIMIT, Listing
from chassis.listing.facets import Facet
from chassis.listing.filters import EXACT, ORDERED, TEXT, Filter, invalid, require_source
from chassis.listing.pages import fetch_page
from chassis.listing.query import ListQuery

__all__ = [
    "DEFAULT_LIMIT",
    "EXACT",
    "MAX_LIMIT",
    "ORDERED",
    "TEXT",
    "Facet",
    "Filter",
    "ListQuery",
    "Listing",
    "fetch_page",
    "invalid",
    "require_source",
]
