"""THE CURRENT: from an approved plan to a stimulator, and to zero when anything is wrong.

Loads nothing but the standard library and the words of the house (`model`, `units`, `errors`), so
that it can be lifted out and certified alone.

::

    clock        real time, and time that passes at once for simulations
    gate         what is refused before anything is loaded
    interlock    pure rules: from an observation and the limits to a trip, or None
    ledger       from the answers of a stimulator to an observation; the sums of a sitting
    controller   deliver a plan: leases, watching, stopping, reading zero back
    thread       the same in a thread of its own, with a stop from any other
    peak         largest current of a program within a stretch of time
    load         the skin as a stimulator sees it
    faults       what can break in it
    simulator    a stimulator in software, with faults to order; the controller cannot reach it
"""
