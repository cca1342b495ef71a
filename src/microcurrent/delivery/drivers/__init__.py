"""One file for each kind of stimulator; beside it, what its driver does and does not do (`*.quality.toml`).

::

    own_firmware     ours: the safety core of `firmware/` over a serial line or a process
    scpi_source      a bench current source by SCPI (Keithley 6221): shots that end by themselves
    scpi_lists       what such a source plays once: lists and points that end at zero
    scpi_instrument  an instrument that speaks SCPI: tell, ask, set and read back
    stimjim          a Stimjim (open hardware) on a serial port: bounded trains
    stimjim_trains   from a program to trains, their stated error, and what the device says of them
"""
