"""Devices on the market: what each gives, what it gives to one face, and what a person's own device gives.

::

    outputs        a device -> peak, r.m.s., direct part, charge, energy; "?" where a cell is not known
    reference_hold the one hold on one body that every device is compared on, predicted once and kept
    voltages       the voltage that a current needs through that body, and what a limited voltage gives
    comparing      several devices on the same hold: tissue, voltage, claimed and delivered, limits
    device_file    a person's own device as TOML, read and written
    scope_file     a trace from an oscilloscope (CSV)
    traces         a trace -> period, peak, charge, rise time, duty
    measuring      a trace against a device's claims, and as a device of its own

Nothing is loaded here: a list of devices does not wait for solvers.
"""
