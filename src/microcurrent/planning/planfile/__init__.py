"""Plan files: TOML that a practitioner can read, to and from `Plan`.

::

    entries    what may stand in the file: the pydantic models, and the JSON schema from them
    reader     the file -> Plan, every problem with its line
    steps      one step entry -> one Step: sites, path lengths, waveform, stimulus
    offsets    an alternating current upon a direct one
    messages   pydantic's errors and refused nouns as our problems
    template   a commented plan to start from
"""

from microcurrent.planning.planfile.entries import json_schema
from microcurrent.planning.planfile.reader import read_plan
from microcurrent.planning.planfile.template import template

__all__ = ["json_schema", "read_plan", "template"]
