"""River's models: an impossible combination is seen, and nobody pays for them who does not want them."""

import base64
import random
import subprocess
import sys
from typing import Any

import msgspec
import pytest

from edge_agent.detect import DetectSettings, Group, StateMisfitError, decode_state, encode_state
from edge_agent.detect.states import MultivariateState
from edge_agent.settings.detection import DetectFile, MultivariateModel, MultivariateSettings
from tests.edge_agent.signals import Row, alarms, coloured, fed, shifted
from wire import config_file

NAMES = ("valve", "flow")
every_model = pytest.mark.parametrize("model", MultivariateModel)
OLD = (
    "g{O99a&u{KZULxcXkl({Wo&bjrFLO#c4eeyY;Sj@bYE?A&j0`ci_jZvAgOb8b8uyDWMyQ+sbpnzWn*-2a&wW4q;z?3Wvp#=Y;<XMVRC6<"
    "bY-M-Wo2$KrDtJuWpk2)q;q9uWRRv~Wo~qGWy?SJWGH^69@3|5VRC0>b99u;Kn-lT!k~O(%Rmg)d?a^${L4TKVZbZJoVUwB2l8;0>xl}3"
    "q;q9uWRRv~Wo~qGWy?R@m1}++Hw33_VRC0>b99u;Km5UwDW4Z=%Rl#pJdhnlr^`R`D}Zj65`4=)@r>ZOlbjr<ZEtO5Zgg{!gQ0HAKu7=p"
    "00000q-|wkZp%NJ2>F%Xh%={iadlyGWpm3wOWyLqC6FJ3p>E4SNB{r;0001_ZDnC@%Rkxd4a530%BOR2bzyR4bIU+8klN=(K<A`vZ+CN&"
    "%fKJbCQ6I#sms6$)~?D;*Se)>X=iA2lFL9L0UkS3)tJjb4-AL^bJggkZDDhBWpk3A3=9Aa000010RRC2005p03;+xO00032009610H<Sb"
    "b#8QJasj4uZEtUMXv;sDG$B0xRAHubV{dY0bAzF7%Rnjs000000HkeYVQ$MmlQG^=r5(Yib8&THa%FSNKSY6|v4#>!q;O?nYs){KLDU^V"
    ")E=d5VRU0?gs5|AZewL%ZF2yma&LEY0HknbVQb3(000000001`W?^JyWB>"
)
"""What the program that knew only half-space trees saved of sixty rows of `coloured`."""
SMALL_TREES = MultivariateSettings(trees=2, height=2, warmup_rows=48)


def group(
    model: MultivariateModel = MultivariateModel.HALF_SPACE_TREES, names: tuple[str, ...] = NAMES
) -> Group:
    return watched(MultivariateSettings(model=model), names)


def watched(settings: MultivariateSettings, names: tuple[str, ...] = NAMES) -> Group:
    return Group(names, DetectSettings(innovations=None, multivariate=settings))


def learnt(group: Group) -> object:
    """What the model has learnt, without what surrounds it."""
    (state,) = group.state().detectors
    return getattr(state, "weights", None) or getattr(state, "counts", None)


def waiting(group: Group) -> int:
    """How many rows are not learnt yet."""
    (state,) = group.state().detectors
    assert isinstance(state, MultivariateState)
    return len(state.waiting)


def valve_and_flow(rows: int, seed: int) -> list[Row]:
    """The flow follows the valve, which is anywhere."""
    chance = random.Random(seed)
    return [
        [place, 2 * place + chance.gauss(0, 2)] for place in (chance.uniform(0, 100) for _ in range(rows))
    ]


@every_model
def test_values_that_are_ordinary_alone_and_impossible_together_are_seen(model: MultivariateModel) -> None:
    rows = valve_and_flow(3000, seed=61)
    seeing = group(model)
    assert alarms(fed(seeing, rows[:2500])) == 0
    crossed: list[Row] = [[row[0], 200 - (row[1] or 0.0)] for row in rows[2500:]]
    outcomes = fed(seeing, crossed, 2500)
    assert alarms(outcomes) > 0
    assert {f.detector for outcome in outcomes for f in outcome.findings} == {"multivariate"}


@every_model
@pytest.mark.parametrize("saved_after", [300, 900, 1500])
def test_it_goes_on_after_a_restart_as_if_there_had_been_none(
    model: MultivariateModel, saved_after: int
) -> None:
    rows = coloured(1700, 3, seed=62)
    straight, first, second = (group(model, ("a", "b", "c")) for _ in range(3))
    whole = fed(straight, rows)
    fed(first, rows[:saved_after])
    second.restore(decode_state(encode_state(first.state())))
    assert fed(second, rows[saved_after:], saved_after) == whole[saved_after:]
    assert encode_state(second.state()) == encode_state(straight.state())


@every_model
def test_at_a_billion_it_judges_as_at_nothing(model: MultivariateModel) -> None:
    rows = shifted(coloured(1500, 3, seed=64)[:1440], 0, 0.0) + shifted(coloured(60, 3, seed=65), 1, 8.0)
    low, high = (group(model, ("a", "b", "c")) for _ in range(2))
    near, far = fed(low, rows), fed(high, [[1e9 + (value or 0.0) for value in row] for row in rows])
    assert [o.score for o in far] == pytest.approx([o.score for o in near], abs=1e-2)
    assert alarms(far) > 0


@every_model
def test_one_that_stands_still_is_ordinary_and_its_first_move_is_seen(model: MultivariateModel) -> None:
    rows: list[Row] = [[50.0, row[0], row[1]] for row in coloured(1700, 2, seed=66)]
    seeing = group(model, ("a", "b", "c"))
    assert alarms(fed(seeing, rows)) == 0
    assert alarms(fed(seeing, shifted(rows[:60], 0, 5.0), 1700)) > 0


LASTING = (MultivariateModel.ONE_CLASS_SVM, MultivariateModel.LODA)
"""Those that keep for days what they have learnt."""


@pytest.mark.parametrize("model", LASTING)
def test_nothing_is_learnt_of_the_rows_before_an_anomaly_is_seen(model: MultivariateModel) -> None:
    rows = coloured(1600, 3, seed=67)
    seeing = group(model, ("a", "b", "c"))
    fed(seeing, rows)
    before = waiting(seeing)
    outcomes = fed(seeing, shifted(coloured(60, 3, seed=68), 0, 20.0), 1600)
    begun = next(n for n, outcome in enumerate(outcomes) if outcome.anomalous)
    assert begun <= MultivariateSettings().mean_rows
    assert (waiting(seeing), before) == (0, MultivariateSettings().mean_rows)


@pytest.mark.parametrize("model", LASTING)
def test_rows_with_holes_are_judged_and_not_learnt(model: MultivariateModel) -> None:
    rows = coloured(1600, 3, seed=67)
    seeing = group(model, ("a", "b", "c"))
    fed(seeing, rows[:1500])
    before = learnt(seeing)
    holed: list[Row] = [[row[0], None, row[2]] for row in rows[1500:]]
    assert alarms(fed(seeing, holed, 1500)) == 0
    assert learnt(seeing) == before
    assert alarms(fed(seeing, shifted(holed, 0, 20.0), 1600)) > 0


@pytest.mark.parametrize("model", LASTING)
def test_a_channel_that_never_was_there_keeps_nothing_from_being_learnt(model: MultivariateModel) -> None:
    rows: list[Row] = [[*row, None] for row in coloured(1700, 2, seed=66)]
    seeing = group(model, ("a", "b", "c"))
    assert alarms(fed(seeing, rows)) == 0
    assert alarms(fed(seeing, shifted(rows[:60], 0, 20.0), 1700)) > 0


@pytest.mark.parametrize("saved_by", MultivariateModel)
@pytest.mark.parametrize("configured", MultivariateModel)
def test_a_state_of_another_model_is_set_aside(
    saved_by: MultivariateModel, configured: MultivariateModel
) -> None:
    first, second = group(saved_by), group(configured)
    fed(first, coloured(50, 2, seed=69))
    if saved_by == configured:
        second.restore(first.state())
        return
    with pytest.raises(StateMisfitError, match=r"State was saved where .*State is needed"):
        second.restore(first.state())
    assert second.state() == group(configured).state()


OTHERS = {
    "trees": MultivariateSettings(trees=3, height=2, warmup_rows=48),
    "height": MultivariateSettings(trees=2, height=3, warmup_rows=48),
    "seed": MultivariateSettings(trees=2, height=2, warmup_rows=48, seed=2),
    "features": MultivariateSettings(model=MultivariateModel.ONE_CLASS_SVM, features=32),
    "nu": MultivariateSettings(model=MultivariateModel.ONE_CLASS_SVM, nu=0.3),
    "cuts": MultivariateSettings(model=MultivariateModel.LODA, cuts=8),
    "bins": MultivariateSettings(model=MultivariateModel.LODA, bins=9),
}


@pytest.mark.parametrize("settings", OTHERS.values(), ids=OTHERS)
def test_a_state_learnt_with_other_constants_is_set_aside(settings: MultivariateSettings) -> None:
    is_forest = settings.model == MultivariateModel.HALF_SPACE_TREES
    learnt = watched(SMALL_TREES) if is_forest else group(settings.model)
    fed(learnt, coloured(60, 2, seed=63))
    with pytest.raises(StateMisfitError, match="learnt with the constants"):
        watched(settings).restore(learnt.state())


MISSHAPEN: dict[MultivariateModel, dict[str, Any]] = {
    MultivariateModel.HALF_SPACE_TREES: {"masses": ((1, 2, 3),)},
    MultivariateModel.ONE_CLASS_SVM: {"weights": (1.0, 2.0)},
    MultivariateModel.LODA: {"edges": ((0.0, 1.0),), "counts": ((1,), (2,))},
}


@every_model
def test_numbers_of_another_shape_are_set_aside(model: MultivariateModel) -> None:
    state = group(model).state()
    (detector,) = state.detectors
    wrong = msgspec.structs.replace(detector, **MISSHAPEN[model])
    with pytest.raises(StateMisfitError, match="saved"):
        group(model).restore(msgspec.structs.replace(state, detectors=(wrong,)))


def test_what_was_saved_before_there_was_a_choice_is_gone_on_from() -> None:
    old = watched(SMALL_TREES)
    old.restore(decode_state(base64.b85decode(OLD)))
    after = fed(old, coloured(90, 2, seed=63)[60:], 60)
    known = [0.765049, 0.723397, 0.684522, 0.648238, 0.614373, 0.582766, 0.553265, 0.525732]
    assert [o.score for o in after[-8:]] == pytest.approx(known, abs=1e-6)


def test_a_constant_of_another_model_is_an_error_with_its_place() -> None:
    written = '[[group]]\n[group.multivariate]\nmodel = "loda"\ntrees = 10\n'
    with pytest.raises(config_file.ConfigError) as refused:
        config_file.parse(written, DetectFile, "detect.toml")
    assert str(refused.value) == (
        "detect.toml:2: group[0].multivariate: "
        "`trees` is a constant of `half_space_trees`, and the model is `loda`"
    )


def test_an_unknown_model_is_an_error_that_names_the_nearest() -> None:
    written = '[[group]]\n[group.multivariate]\nmodel = "one_class_swm"\n'
    with pytest.raises(config_file.ConfigError, match="did you mean `one_class_svm`"):
        config_file.parse(written, DetectFile, "detect.toml")


@every_model
def test_its_expensive_import_is_made_only_for_a_group_that_wants_it(model: MultivariateModel) -> None:
    program = (
        "import sys; from edge_agent.detect import Group, CLASSES, DetectSettings; "
        "from edge_agent.settings.detection import MultivariateSettings; "
        "[Group(('a',), chosen) for chosen in CLASSES.values()]; "
        f"settings = DetectSettings(multivariate=MultivariateSettings(model='{model}')); "
        "print(*{'river.anomaly', 'scipy.stats', 'numpy'} & set(sys.modules)); "
        "Group(('a',), settings); print('river.anomaly' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["", "True"]
