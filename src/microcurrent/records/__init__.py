"""Records: what was planned, agreed, delivered and felt, so that it can be neither lost nor altered.

::

    schema     the tables, the triggers that refuse changes, the version
    chain      one entry after another, each with the digest of the one before
    ownership  which sittings a living process is still delivering
    recovery   how a sitting that lost its process is closed
    store      Store: documents, sittings, events
    verify     reads a whole store and says whether its chain holds

A store is one SQLite file. Every entry of the chain is on disk when the call that wrote it returns.
A chain alone cannot show that its end was cut off: reports print its head, and `verify` can be told
to look for that head.
"""

from microcurrent.records.store import SittingSummary, Store
from microcurrent.records.verify import Verified, verify

__all__ = ["SittingSummary", "Store", "Verified", "verify"]
