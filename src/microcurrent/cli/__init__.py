"""The command line: one command for each verb, and `run` for all of them in order.

::

    main       the entry point: errors to one message and an exit code
    console    what goes to standard output and what to standard error; JSON; progress bars
    app        the commands put together
    options    what several commands take
    plans      plan check | new | schema | show
    preparing  screen, predict, assess, approve
    sittings   deliver, record, report, run, records list | show | verify
    stimulators stimulator list | info | test | clear
    keys       keys of a running sitting: pause, resume, stop, marks
    bodies     body list | show
    body_files body build | export
    body_paths body path
    body_scans body landmarks
    bases      basis build | list | show
    exposing   expose
    tables     how findings and exposures look in a terminal
"""

from microcurrent.cli.main import main

__all__ = ["main"]
