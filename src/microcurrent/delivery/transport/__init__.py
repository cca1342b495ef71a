"""What carries lines of bytes between a driver and a stimulator.

::

    line         the protocol of a line, and how a stream of bytes becomes lines
    serial_port  a serial port, owned by one program at a time
    visa         a VISA resource by PyVISA: GPIB, USB, LAN
    process      our firmware as a process on a pseudo-terminal, for tests and for trying out
"""
