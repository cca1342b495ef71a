"""Stimulators by name, the self-test of one, a sitting on the real firmware, and time between sittings."""

import ast
import datetime
import math
import os
import subprocess
import sys
import time
import tty
from dataclasses import replace

import pytest

from microcurrent import tables, workflow
from microcurrent.delivery.transport import serial_port
from microcurrent.delivery.transport.process import firmware_folder
from microcurrent.errors import ApprovalRefused, InputError, OutputNotConfirmedOff
from microcurrent.model import Event
from microcurrent.model.plan import Path
from microcurrent.workflow import spacing, stimulators

from .conftest import NOW


@pytest.mark.parametrize("name", ["toaster", "simulated:x", "serial", "serial:", "stimjim", "scpi:", ""])
def test_a_name_that_is_none_is_told_with_all_kinds(name):
    with pytest.raises(InputError, match="no such stimulator") as told:
        stimulators.split(name)
    assert all(kind in str(told.value) for kind in stimulators.KINDS)


def test_names_are_kind_and_address():
    assert stimulators.split("simulated") == ("simulated", "")
    assert stimulators.split("pty") == ("pty", "") and stimulators.split("pty:python") == ("pty", "python")
    assert stimulators.split("serial:/dev/ttyACM0") == ("serial", "/dev/ttyACM0")
    assert stimulators.split("scpi:GPIB0::12::INSTR") == ("scpi", "GPIB0::12::INSTR")


def test_rehearsals_are_listed_and_marked_as_such():
    found = stimulators.listed()
    assert {one.name for one in found if not one.person} >= {"simulated", "pty:python", "pty:micropython"}
    assert all(one.name.startswith("serial:") for one in found if one.person)


def test_ports_say_what_they_have_only_when_asked(monkeypatch):
    """A serial port that our firmware answers on, and one that nobody answers on."""
    pairs = [os.openpty(), os.openpty()]
    for pair in pairs:
        for end in pair:
            tty.setraw(end)
    script = str(firmware_folder() / "ports" / "unix.py")
    firmware = subprocess.Popen([sys.executable, script], stdin=pairs[0][0], stdout=pairs[0][0])
    names = [os.ttyname(theirs) for _, theirs in pairs]
    monkeypatch.setattr(serial_port, "ports", lambda: tuple((name, "a board") for name in names))
    try:
        assert [one.what for one in stimulators.listed() if one.person] == ["a board", "a board"]
        ours, other = [one.what for one in stimulators.listed(ask=True) if one.person]
        assert ours == "microcurrent-1 (firmware 0.1), idle"
        assert other.startswith("a board; no word of our firmware") and "does not answer" in other
    finally:
        firmware.kill()
        firmware.wait()
        for end in (end for pair in pairs for end in pair):
            os.close(end)


def test_what_the_firmware_can_is_what_it_says():
    can, status = stimulators.info("pty:python")
    assert (can.max_current, can.max_voltage, can.max_lease) == (1e-3, 60.0, 1.0)
    assert status.state == "idle" and status.output == 0
    simulated, nothing = stimulators.info("simulated")
    assert simulated == tables.stimulators()["simulated"][0] and nothing is None


def test_a_key_that_only_one_side_has_is_silence(monkeypatch):
    with stimulators.wired("pty:python") as there:
        monkeypatch.setenv(stimulators.KEY, "secret")
        other = stimulators._own(there.process.line)
        with pytest.raises(Exception, match="does not answer"):
            other.status()


@pytest.mark.parametrize(("name", "resistance"), [("simulated", None), ("serial:/dev/x", None)])
def test_a_self_test_needs_a_known_load(name, resistance):
    with pytest.raises(InputError, match="--resistance of the load"):
        next(iter(stimulators.test(name, resistance=resistance)))


def test_faults_are_for_rehearsals(tmp_path):
    with (
        pytest.raises(InputError, match="faults are for rehearsals"),
        stimulators.wired("serial:/dev/x", faults=("lead-off@3",)),
    ):
        pass
    with (
        pytest.raises(InputError, match=r"no such fault: expected KIND@SECONDS.*lead_off.*came frozen@3"),
        stimulators.wired("pty", faults=("frozen@3",)),
    ):
        pass


@pytest.mark.parametrize(
    "fault", ["lead-off", "lead-off@", "lead-off@soon", "gain@3=much", "short@-1", "leak@nan"]
)
def test_a_fault_of_the_process_that_cannot_be_read_is_refused_before_anything_starts(fault):
    with pytest.raises(InputError, match="KIND@SECONDS"):
        workflow.Delivery(stimulator="pty", faults=(fault,))


def test_the_faults_of_the_process_are_those_of_its_load():
    assert stimulators.process_fault("lead-off@ 12 s") == "lead_off@12.0"
    assert stimulators.process_fault("gain@3=0.2") == "gain@3.0=0.2"
    tree = ast.parse((firmware_folder() / "load.py").read_text(encoding="utf-8"))
    named = [node for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "FAULTS"]
    assert ast.literal_eval(named[0].value) == stimulators.PROCESS_FAULTS


def test_a_display_that_breaks_is_noted_and_the_sitting_goes_on(treatment, workspace):
    def broken(*news):
        raise ValueError("no terminal")

    name, delivered = give(treatment, workspace, stimulator="simulated", on_progress=broken)
    notes = [event.figure("note") for event in workspace.store.sitting(name).events if event.kind == "mark"]
    assert delivered.ending == "completed" and notes == ["the display of progress failed: no terminal"]


def test_no_visa_resource_is_told():
    with pytest.raises(InputError), stimulators.wired("scpi:GPIB0::12::INSTR"):
        pass


# -- a sitting ----------------------------------------------------------------------------------------


def give(treatment, workspace, **changed):
    return workflow.deliver(
        treatment.prepared.plan, treatment.approve(workspace), treatment.client, workspace=workspace, now=NOW,
        delivery=workflow.Delivery(**{"stimulator": "pty:python", **changed}),
    )  # fmt: skip


def test_a_sitting_on_the_firmware_is_recorded_with_its_impedance_and_marks(treatment, workspace):
    def look(sitting):
        sitting.mark("felt", (("comfort", 7.0), ("by", "A. Tester")))
        time.sleep(2.5)
        sitting.stop("enough")

    name, delivered = give(treatment, workspace, on_running=look)
    kept = workspace.store.sitting(name)
    assert kept.stimulator == "pty:python" and (delivered.ending, delivered.reason) == ("stopped", "enough")
    kinds = [event.kind for event in kept.events]
    assert {"felt", "impedance", "stop", "off"} <= set(kinds) and kinds[-1] == "closed"


def test_a_welded_output_of_the_firmware_is_told(treatment, workspace):
    with pytest.raises(OutputNotConfirmedOff, match="Take the probes off the skin now"):
        give(treatment, workspace, faults=("welded@4",), on_running=lambda sitting: None)
    assert "not-off" in [e.kind for e in workspace.store.sitting(workspace.store.sittings()[-1].id).events]


# -- time between sittings ------------------------------------------------------------------------------


@pytest.fixture
def treated(treatment, workspace):
    """A sitting of this client on hardware, with current an hour before `NOW`."""
    approval = treatment.approve(workspace)
    sitting = workspace.store.open_sitting(
        plan=treatment.prepared.plan.digest, client=treatment.client.pseudonym, actor="test",
        approval=workspace.keep(approval, actor="test"), stimulator="serial:/dev/ttyACM0",
    )  # fmt: skip
    hour = NOW - datetime.timedelta(hours=1)
    for kind in ("opened", "lease"):
        workspace.store.append(sitting, Event(time=0.0, utc=hour.isoformat(), kind=kind))
    workspace.store.close_sitting(sitting, "completed")
    return sitting


def check(treatment, workspace, *, plan=None, stimulator="serial:/dev/ttyACM0", after=0.0, client=None):
    spacing.check_spacing(
        plan or treatment.prepared.plan, client or treatment.client.pseudonym, stimulator=stimulator,
        workspace=workspace, now=NOW + datetime.timedelta(hours=after),
    )  # fmt: skip


def test_no_current_in_the_same_zone_too_soon(treatment, workspace, treated):
    with pytest.raises(ApprovalRefused, match=rf"60 min ago \(sitting {treated}\); the limit is 12 h"):
        check(treatment, workspace)
    with pytest.raises(ApprovalRefused):
        check(treatment, workspace, after=10.9)
    check(treatment, workspace, after=11.1)
    check(treatment, workspace, client="somebody-else")


def test_a_plan_of_another_mode_does_not_shorten_the_wait(treatment, workspace, treated):
    """Wounds may be treated every 4 h: after other current the 12 h of that current are kept, and the
    other way round."""
    plan = treatment.prepared.plan
    wound = replace(plan, mode="wound")
    with pytest.raises(ApprovalRefused, match="the limit is 12 h"):
        check(treatment, workspace, plan=wound, after=10.9)
    check(treatment, workspace, plan=wound, after=11.1)


def test_between_two_sittings_of_wounds_four_hours_do(treatment, workspace):
    wound = replace(treatment.prepared.plan, mode="wound")
    sitting = workspace.store.open_sitting(
        plan=workspace.keep(wound, actor="test"), client="wound-1", actor="test",
        approval=workspace.keep(treatment.approve(workspace), actor="test"), stimulator="serial:/dev/ttyACM0",
    )  # fmt: skip
    for hours in (-2, 0):  # two hours of current: the limit counts from its end
        at = (NOW + datetime.timedelta(hours=hours)).isoformat()
        workspace.store.append(sitting, Event(time=0.0, utc=at, kind="lease"))
    workspace.store.close_sitting(sitting, "completed")
    with pytest.raises(ApprovalRefused, match="the limit is 4 h"):
        check(treatment, workspace, plan=wound, client="wound-1", after=3.9)
    check(treatment, workspace, plan=wound, client="wound-1", after=4.1)
    with pytest.raises(ApprovalRefused, match="the limit is 12 h"):
        check(treatment, workspace, client="wound-1", after=11.9)


def test_rehearsals_do_not_count_and_are_not_asked(treatment, workspace, treated):
    check(treatment, workspace, stimulator="pty")
    check(treatment, workspace, stimulator="simulated")


def test_another_zone_of_the_same_body_may_follow_at_once(treatment, workspace, treated):
    plan = treatment.prepared.plan
    moved = tuple(
        replace(site, position=(site.position[0] + 0.2, *site.position[1:])) for site in plan.sites
    )
    check(treatment, workspace, plan=replace(plan, sites=moved))
    with pytest.raises(ApprovalRefused):  # what is on another body is not known to be another zone
        check(treatment, workspace, plan=replace(plan, sites=moved, body="face"))


def test_a_glide_over_a_place_is_that_place(treatment, workspace, treated):
    plan = treatment.prepared.plan
    far = tuple(
        replace(site, position=(site.position[0] + sign * 0.3, *site.position[1:]))
        for site, sign in zip(plan.sites, (1, -1), strict=True)
    )
    names = tuple(site.name for site in far)
    step = plan.steps[1]
    length = math.dist(far[0].position, far[1].position)
    glide = replace(step, number=1, start=0.0, anode=Path(electrode=step.anode.electrode, sites=names, speed=0.01,
                    length=length), cathode=replace(step.cathode, site=names[0]))  # fmt: skip
    with pytest.raises(ApprovalRefused, match="the limit is 12 h"):
        check(treatment, workspace, plan=replace(plan, sites=far, steps=(glide,)))
    held = replace(glide, anode=replace(step.anode, site=names[1]))
    check(treatment, workspace, plan=replace(plan, sites=far, steps=(held,)))


def test_the_limit_is_asked_before_the_port_is_opened(treatment, workspace, treated):
    with pytest.raises(ApprovalRefused, match="the limit is 12 h"):
        give(treatment, workspace, stimulator="serial:/dev/nothing")
