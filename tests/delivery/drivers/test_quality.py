"""Each driver says what it does and does not do, by the same list of rules."""

import tomllib
from pathlib import Path

import pytest

import microcurrent.delivery.drivers as drivers

FOLDER = Path(drivers.__file__).parent
RULES = {
    "capabilities", "refuse-never-clip", "lease-expires-on-device", "heartbeat", "ramp", "cut", "zero-confirmed",
    "measured-current", "measured-voltage", "contact-loss", "latched-fault", "uncertain-delivery",
    "exclusive-port", "galvanic-error-stated", "tested-on-wire", "tested-on-hardware",
}  # fmt: skip
#: Drivers, as opposed to the parts that they are split into.
DRIVERS = ("own_firmware", "stimjim", "scpi_source")


@pytest.mark.parametrize("name", DRIVERS)
def test_a_driver_answers_every_rule_once_with_a_reason(name):
    assert (FOLDER / f"{name}.py").exists()
    quality = tomllib.loads((FOLDER / f"{name}.quality.toml").read_text(encoding="utf-8"))
    assert set(quality) <= {"done", "todo", "exempt"}
    rows = [row for rows in quality.values() for row in rows]
    rules = [row["rule"] for row in rows]
    assert sorted(rules) == sorted(set(rules)) and set(rules) >= RULES
    assert all(set(row) == {"rule", "reason"} and len(row["reason"]) > 20 for row in rows)


def test_nobody_claims_hardware_that_was_never_there():
    for name in DRIVERS:
        quality = tomllib.loads((FOLDER / f"{name}.quality.toml").read_text(encoding="utf-8"))
        assert "tested-on-hardware" in [row["rule"] for row in quality["todo"]]


def test_every_quality_file_is_of_a_driver():
    assert {path.name.split(".")[0] for path in FOLDER.glob("*.quality.toml")} == set(DRIVERS)
