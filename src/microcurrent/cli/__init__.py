"""The command line: one command for each verb, and `run` for all of them in order.

::

    main       the entry point: errors to one message and an exit code
    console    what goes to standard output and what to standard error; JSON; progress bars
    app        the commands put together
    options    what several commands take
    plans      plan check | draw | new | schema | show
    programs   program list | show | write, program systems
    preparing  read, predict, assess, approve
    screening  screen; the questions of the day
    proposing  plan propose | intents
    sittings   deliver, record, report, run, records list | show | verify
    stimulators stimulator list | info | test | clear
    devices    device list | show | compare | measure
    device_tables
               how devices, compared or measured, look in a terminal
    keys       keys of a running sitting: pause, resume, stop, marks
    bodies     body list | show
    body_files body build | export
    body_paths body path
    body_scans body landmarks
    bases      basis build | list | show
    courses    course plan | next | show | mark; cost
    course_tables  how courses and costs look in a terminal
    exposing   expose
    expecting  expect
    claims     claims
    sweeping   sweep, uncertainty
    tables     how findings and exposures look in a terminal
"""

from microcurrent.cli.main import main

__all__ = ["main"]
