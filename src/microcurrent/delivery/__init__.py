"""THE CURRENT: from an approved plan to a stimulator, and to zero when anything is wrong.

Loads nothing but the standard library and the words of the house (`model`, `units`, `errors`), so
that it can be lifted out and certified alone.

::

    clock        real time, and time that passes at once for simulations
    gate         what is refused before anything is loaded
    interlock    pure rules: from an observation and the limits to a trip, or None
    ledger       from the answers of a stimulator to an observation; the sums of a sitting
    host         what a controller stands on, and what it gives back
    log          the events of a sitting, each kept before anything goes on
    flow         one stretch of current, from zero to zero: leased, watched, steered, read back
    controller   deliver a plan: leases, watching, stopping, reading zero back
    wishes       what people ask while it runs: stop, cut, pause, resume, marks
    zero         cut, and read back until nothing flows
    thread       the same in a thread of its own, with a stop from any other
    display      progress for people, in a thread of its own
    selftest     a known load, an impedance sweep, each interlock tripped and shown
    program      from a stimulus to whole numbers that our firmware expands
    wire         the lines of our wire protocol, host side
    transport/   serial port, our firmware as a process, VISA
    drivers/     one file for each kind of stimulator
    peak         largest current of a program within a stretch of time
    load         the skin as a stimulator sees it
    sums         what has flowed, added up
    faults       what can break in it
    simulator    a stimulator in software, with faults to order; the controller cannot reach it
"""
