"""Configurations that are sent: whatever happens in between, one that lost the line does not stay."""

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge_agent import settings
from edge_agent.rollout import Configurations, changes, trial
from edge_agent.rollout.trial import Rollout, Sent
from edge_agent.samples import Instant
from wire.messages import Configure

CONFIG = """
gateway = "gw"
[site]
name = "ap-01"
class = "air_post"
[outbox]
path = "{folder}/outbox.db"
[[link]]
name = "lan"
host = "127.0.0.1"
[[device]]
name = "inputs"
link = "lan"
profile = "owen_mv210_101"
unit = 1
"""


class Life:
    """A gateway whose process may be killed and whose machine may be started anew; the disk stays."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "agent.toml"
        self.file.write_text(CONFIG.format(folder=folder))
        self.now_ms = 1000
        self.boot = "first"
        self.start()

    def start(self) -> None:
        self.configurations = Configurations.open(self.file)
        self.configurations.resume(lambda: Instant(0, self.now_ms), self.boot)
        self.configurations.changed.clear()

    def send(self, version: int, toml: str, confirm_s: float = 60) -> str:
        said = self.configurations.begin(Configure(version=version, toml=toml, confirm_s=confirm_s))
        self.configurations.changed.clear()
        return said

    def titled(self, title: str) -> str:
        text = self.file.read_text()
        return text.replace("[outbox]", f'title = "{title}"\n[outbox]', 1) + f"# {title}\n"

    @property
    def title(self) -> str:
        return self.configurations.plant.site_title


@pytest.fixture
def life(tmp_path: Path) -> Life:
    return Life(tmp_path)


def test_killed_on_trial_it_goes_on_within_its_time_and_is_taken_back_after(life: Life) -> None:
    assert not life.send(7, life.titled("new"))
    life.now_ms += 30_000
    life.start()
    assert (life.title, life.configurations.version) == ("new", 7)
    life.now_ms += 30_000
    life.start()
    assert (life.title, life.configurations.version) == ("", 0)
    said = life.configurations.said(7)
    assert said
    assert not said.done


def test_a_machine_that_was_started_anew_does_not_trust_a_trial(life: Life) -> None:
    life.send(7, life.titled("new"))
    life.boot, life.now_ms = "second", 5
    life.start()
    assert life.title == ""


def test_a_receipt_confirms_and_a_kill_changes_nothing_any_more(life: Life) -> None:
    life.send(7, life.titled("new"))
    life.configurations.receipted()
    life.now_ms, life.boot = 10**9, "second"
    life.start()
    assert (life.title, life.configurations.version) == ("new", 7)


def test_a_receipt_of_the_configuration_before_confirms_nothing(life: Life) -> None:
    life.configurations.begin(Configure(version=7, toml=life.titled("new")))
    life.configurations.receipted()  # the stages still run under the old one
    life.now_ms += 10**6
    life.start()
    assert life.title == ""


@pytest.mark.parametrize("whole", [True, False])
async def test_when_its_time_is_over_a_whole_line_confirms_and_a_broken_one_does_not(
    life: Life, *, whole: bool
) -> None:
    async def is_line_whole() -> bool:
        return whole

    life.send(7, life.titled("new"))
    life.now_ms += 60_000
    await asyncio.wait_for(life.configurations.watch(is_line_whole), 5)
    assert life.title == ("new" if whole else "")
    assert life.configurations.changed.is_set() is not whole
    await life.configurations.settled()


def test_an_edited_file_takes_the_place_of_what_was_sent(life: Life) -> None:
    life.send(7, life.titled("sent"))
    life.configurations.receipted()
    life.file.write_text(life.titled("by hand"))
    life.configurations.reread()
    assert (life.title, life.configurations.version) == ("by hand", 0)
    life.start()
    assert life.title == "by hand"
    assert life.send(7, life.titled("again")) == "configuration 7 is not newer than 7"


def test_an_edited_file_that_cannot_be_used_changes_nothing(life: Life) -> None:
    life.send(7, life.titled("sent"))
    life.configurations.receipted()
    life.file.write_text("gateway = 1")
    life.configurations.reread()
    assert (life.title, life.configurations.version) == ("sent", 7)
    assert not life.configurations.changed.is_set()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[site]", "[sight]", "configuration 7:3: sight: unknown key; did you mean `site`?"),
        ('name = "ap-01"', 'name = "ap-02"', "`site.name` cannot be changed from afar, only on the gateway"),
        ("/outbox.db", "/other.db", "`outbox.path` cannot be changed from afar, only on the gateway"),
        (
            "[outbox]",
            '[broker]\nca_file = ""\n[outbox]',
            "`broker.ca_file` cannot be changed from afar, only on the gateway",
        ),
    ],
)
def test_what_is_refused_is_one_sentence_and_leaves_no_trace(
    life: Life, old: str, new: str, said: str
) -> None:
    assert life.send(7, life.file.read_text().replace(old, new)) == said
    assert not list(life.file.parent.glob("*.rollout"))
    assert life.configurations.version == 0


def test_a_second_one_waits_for_the_verdict_on_the_first_and_the_same_one_is_no_second(life: Life) -> None:
    assert not life.send(7, life.titled("new"))
    assert not life.send(7, life.titled("new"))
    assert "configuration 7 is on trial" in life.send(8, life.titled("newer"))


def test_a_damaged_file_is_set_aside_and_the_gateways_own_holds(life: Life) -> None:
    life.send(7, life.titled("new"))
    (shelf,) = life.file.parent.glob("*.rollout")
    shelf.write_bytes(b'{"v": 1, "fil')
    life.start()
    assert life.title == ""
    assert [path.name for path in life.file.parent.glob("*.unreadable")] == ["outbox.db.rollout.unreadable"]


def test_a_kill_between_the_writing_and_the_renaming_leaves_what_was(life: Life) -> None:
    life.send(7, life.titled("seven"))
    life.configurations.receipted()
    (shelf,) = life.file.parent.glob("*.rollout")
    torn = json.dumps(json.loads(shelf.read_bytes()) | {"accepted": None}).encode()[:-10]
    shelf.with_name(f"{shelf.name}.new").write_bytes(torn)
    life.start()
    assert life.title == "seven"


def test_what_differs_is_named_by_its_keys(life: Life) -> None:
    old = life.configurations.plant
    new = settings.parse(life.file.read_text().replace('"gw"', '"gw-2"'), life.file)
    assert changes.needs_restart(old, new) == ("gateway",)
    assert changes.needs_restart(old, old) == changes.refused(old, old) == ()


class Trials(RuleBasedStateMachine):
    """Any order of sending, deciding, kills and editing: what is in use was confirmed or is in its time."""

    def __init__(self) -> None:
        super().__init__()
        self.rollout = Rollout(file="file 0")
        self.now_ms, self.boot, self.files, self.version = 0, 0, 0, 0
        self.confirmed: Sent | None = None

    @rule(length_ms=st.integers(1, 100))
    def send(self, length_ms: int) -> None:
        self.version += 1
        if not trial.unfit(self.rollout, self.version):
            sent = Sent(self.version, f"toml {self.version}")
            self.rollout = trial.begin(self.rollout, sent, str(self.boot), self.now_ms + length_ms)

    @precondition(lambda self: self.rollout.trial)
    @rule()
    def receipt(self) -> None:
        assert self.rollout.trial
        self.confirmed = self.rollout.trial.sent
        self.rollout = trial.confirm(self.rollout, self.rollout.trial, "a receipt")

    @rule(later_ms=st.integers(0, 200), boots=st.booleans(), edits=st.booleans())
    def start(self, later_ms: int, *, boots: bool, edits: bool) -> None:
        self.boot += boots
        self.now_ms = later_ms if boots else self.now_ms + later_ms
        self.files += edits
        self.confirmed = None if edits else self.confirmed
        over = trial.over_file(self.rollout, f"file {self.files}")
        self.rollout = trial.after_start(over, str(self.boot), self.now_ms)
        if found := self.rollout.trial:
            assert found.until_ms > self.now_ms

    @invariant()
    def what_is_in_use_was_confirmed_or_is_on_trial(self) -> None:
        on_trial = self.rollout.trial
        assert self.rollout.in_use == (on_trial.sent if on_trial else self.confirmed)
        assert self.rollout.accepted == self.confirmed

    @invariant()
    def a_version_is_tried_once(self) -> None:
        versions = [said.version for said in self.rollout.said]
        assert len(versions) == len(set(versions))
        assert self.rollout.newest <= self.version


TestTrials = Trials.TestCase
TestTrials.settings = hypothesis_settings(max_examples=40, stateful_step_count=30, deadline=None)
