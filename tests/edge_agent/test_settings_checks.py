"""What a site says of doubts and relations becomes part of the plant, or is refused with the cure."""

import math
from pathlib import Path

import pytest

from edge_agent.settings.checks import NOTHING, USUAL, Checks, usual
from edge_agent.settings.relations import Condition, Side, Term
from sensor_profiles.model import Encoding
from tests.edge_agent.test_settings import BAUD, device, plant_of, refused
from tests.edge_agent.written import channel, field
from wire.quantities import Quantity

TWO = BAUD + device("a") + device("b", more="unit = 17\n")
CHECKS = "[device.channels.in1]\n[device.channels.in2]\n[device.channels.in1.checks]\n"
RELATION = '[[relation]]\nname = "r"\nleft = ["a.in1"]\nop = ">="\nright = ["b.in1"]\n'


def test_a_channel_is_doubted_as_usual_for_its_quantity_unless_the_site_says_more(tmp_path: Path) -> None:
    more = CHECKS + 'spike = 5\nstuck_min = 15\npeers = ["a.in2"]\nstamp = "in2"\n'
    plant = plant_of(tmp_path, BAUD + device("a", more=more) + device("b", more="unit = 17\n"))
    changed = Checks(rate_per_min=120, spike=5, stuck_ms=900_000, peers=("a.in2",), stamp="in2")
    assert plant.devices[0].checks == (changed, USUAL[Quantity.TEMPERATURE])
    assert plant.devices[1].checks == (USUAL[Quantity.TEMPERATURE],) * 8


def test_of_a_constant_channel_only_the_range_is_checked(tmp_path: Path) -> None:
    plant = plant_of(tmp_path, BAUD + device("a", more=CHECKS + "constant = true\n"))
    assert plant.devices[0].checks[0] == NOTHING


def test_an_instrument_that_counts_in_coarse_steps_may_stand_for_a_day() -> None:
    day_ms = 24 * 3_600_000
    assert usual(channel(field(Encoding.I8))).stuck_ms == day_ms
    assert usual(channel(field(Encoding.I16), scale=0.1)).stuck_ms == 3_600_000


def test_every_quantity_has_limits_that_make_sense() -> None:
    for checks in USUAL.values():
        assert all(limit is None or 0 < limit < math.inf for limit in (checks.rate_per_min, checks.spike))
        assert checks.stuck_ms is not None
    assert not {Quantity.STATE, Quantity.TEXT, Quantity.COUNT, Quantity.ENERGY} & USUAL.keys()


def test_a_relation_joins_channels_of_several_devices(tmp_path: Path) -> None:
    written = RELATION.replace('["a.in1"]', '["2.5 * a.in2", "-1*b.in3", "40", "2"]')
    more = 'margin = 1.5\nholds_s = 60\nwhen = { channel = "b.in8", above = 30 }\nmeans = "swapped"\n'
    (relation,) = plant_of(tmp_path, TWO + written + more).relations
    assert relation.left == Side((Term(2.5, "a", 1), Term(-1.0, "b", 2)), 42.0)
    assert relation.right == Side((Term(1.0, "b", 0),), 0.0)
    assert (relation.margin, relation.holds_ms, relation.swapped) == (1.5, 60_000, True)
    assert relation.when == Condition("b", 7, 30.0, math.inf)
    assert (relation.points, relation.unit) == (("a.in2", "b.in3", "b.in1"), "Cel")


REFUSED = [
    (CHECKS + "rate_per_min = 0\n", "16: device[0].channels.in1.checks.rate_per_min: expected `float` > 0.0"),
    (
        CHECKS + "spike = inf\n",
        "16: device[0].channels.in1.checks.spike: inf is no number to reckon with; write a finite one",
    ),
    (
        CHECKS + "constant = true\nspike = 3\n",
        "17: device[0].channels.in1.checks.spike: means nothing on a constant channel; remove it, or",
    ),
    (
        CHECKS + "constant = true\nstuck_min = 3\n",
        "17: device[0].channels.in1.checks.stuck_min: means nothing on a constant channel; remove it, or",
    ),
    (
        CHECKS + 'constant = true\npeers = ["a.in2"]\n',
        "17: device[0].channels.in1.checks.peers: means nothing on a constant channel; remove it, or",
    ),
    (
        CHECKS + 'peers = ["a.in3"]\n',
        "16: device[0].channels.in1.checks.peers: there is no channel `a.in3`; did you mean `a.in2`?",
    ),
    (
        CHECKS + 'stamp = "in22"\n',
        "16: device[0].channels.in1.checks.stamp: `a` has no channel `in22` here; did you mean `in2`?",
    ),
    (CHECKS + "spikes = 3\n", "16: device[0].channels.in1.checks.spikes: unknown key; did you mean `spike`?"),
]


@pytest.mark.parametrize(("more", "sentence"), REFUSED)
def test_checks_that_make_no_sense_are_refused(more: str, sentence: str, tmp_path: Path) -> None:
    assert refused(tmp_path, BAUD + device("a", more=more)).startswith(f"agent.toml:{sentence}")


BROKEN = [
    ('"a.in1"', '"a.in11"', "20: relation[0].left: there is no channel `a.in11`; did you mean `a.in1`?"),
    (
        '["a.in1"]',
        "[]",
        '20: relation[0].left: is empty; write at least one term, as in ["heat.t_supply"] or',
    ),
    (
        '"b.in1"',
        '"b.in1 * 2"',
        '22: relation[0].right: `b.in1 * 2` is no term; write "device.channel", "2.5 *',
    ),
    ('"b.in1"', '"two * b.in1"', "22: relation[0].right: `two * b.in1` is no term; write"),
    (
        '"b.in1"',
        '"__import__(1)"',
        "22: relation[0].right: there is no channel `__import__(1)`; known: a.in1,",
    ),
    (
        '["a.in1"]\nop = ">="\nright = ["b.in1"]',
        '["1"]\nop = ">="\nright = ["2"]',
        "18: relation[0]: relates no channel to anything; name one, as in left =",
    ),
    ('">="', '">"', "21: relation[0].op: `>` is not known; did you mean `>=`?"),
    ("\nop", "\nmargin = -1\nop", "21: relation[0].margin: -1 is no margin; write 0 or more"),
    ("\nop", "\nmargin = nan\nop", "21: relation[0].margin: nan is no margin; write 0 or more"),
    ("\nop", "\nholds_s = -1\nop", "21: relation[0].holds_s: expected `float` >= 0.0"),
    (
        "\nop",
        '\nwhen = { channel = "a.in1" }\nop',
        "21: relation[0].when: has neither `above` nor `below`; write one of them",
    ),
    (
        "\nop",
        '\nwhen = { channel = "a.in1", above = 5, below = 5 }\nop',
        "21: relation[0].when: nothing is above 5 and below 5; correct one",
    ),
    (
        "\nop",
        '\nwhen = { channel = "c.in1", above = 5 }\nop',
        "21: relation[0].when.channel: there is no channel `c.in1`; did you mean `b.in1`?",
    ),
]


@pytest.mark.parametrize(("old", "new", "sentence"), BROKEN)
def test_relations_that_make_no_sense_are_refused(old: str, new: str, sentence: str, tmp_path: Path) -> None:
    written = RELATION.replace(old, new, 1)
    assert refused(tmp_path, TWO + written).startswith(f"agent.toml:{sentence}")


def test_two_relations_of_one_name_are_refused(tmp_path: Path) -> None:
    said = refused(tmp_path, TWO + RELATION + RELATION)
    assert said == "agent.toml:24: relation[1].name: `r` is taken by the relation of line 19; choose another"
