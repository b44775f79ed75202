"""A small plant that is watched, and a gateway's time to watch it in."""

from edge_agent.conditions import Conditions, decode_state, encode_state, plan
from edge_agent.samples import Instant, Scan
from edge_agent.settings import Device
from edge_agent.settings.alarms import AlarmsTable, ChannelAlarms
from sensor_profiles.model import Channel, Encoding
from tests.edge_agent import plant
from tests.edge_agent.written import channel, field
from wire.messages import AlarmEvent, AlarmState, Clock, LinkStatus, Quality, Value
from wire.quantities import Quantity

START_MS = 1_700_000_000_000
MINUTE_MS = 60_000
SYNCED = Clock.SYNCED


def temperature(name: str) -> Channel:
    found = channel(field(Encoding.F32), low=0.0, high=150.0)
    return Channel(
        name=name, quantity=Quantity.TEMPERATURE, field=found.field, low=found.low, high=found.high
    )


def device(
    name: str, *tables: ChannelAlarms | None, link: str = "line", period_ms: int = MINUTE_MS
) -> Device:
    """A device with one temperature `t0`, `t1`, … for each table."""
    channels = tuple(temperature(f"t{n}") for n in range(len(tables)))
    return Device(name, link, plant.TWENTY_FLOATS, 1, period_ms, 500, channels, tables)


class Gateway:
    """Conditions with a clock that the test turns."""

    def __init__(
        self, *devices: Device, alarms: AlarmsTable | None = None, relations: tuple[str, ...] = ()
    ) -> None:
        self.plan = plan(devices, alarms or AlarmsTable(), relations)
        self.conditions = Conditions(self.plan)
        self.now_ms = 0
        self.boot_ms = 0
        self.events: list[AlarmEvent] = []

    @property
    def now(self) -> Instant:
        return Instant(START_MS + self.now_ms, self.now_ms - self.boot_ms)

    def scan(
        self, name: str, *values: Value, faults: dict[int, Quality] | None = None, clock: Clock = SYNCED
    ) -> list[AlarmEvent]:
        scan = Scan(name, self.now, clock, values, faults or {})
        return self._note(self.conditions.scan(scan))

    def silent(self, name: str, fault: Quality = Quality.BAD_NO_ANSWER) -> list[AlarmEvent]:
        count = next(len(d.channel_names) for d in self.plan.devices if d.name == name)
        return self.scan(name, *[None] * count, faults=dict.fromkeys(range(count), fault))

    def health(self, *links: LinkStatus) -> list[AlarmEvent]:
        return self._note(self.conditions.health(self.now, SYNCED, links))

    def wait(self, milliseconds: int = MINUTE_MS) -> None:
        self.now_ms += milliseconds

    def minutes(self, name: str, *values: Value) -> list[AlarmEvent]:
        """One value of a device with one channel each minute; everything that came of it."""
        events: list[AlarmEvent] = []
        for value in values:
            events += self.scan(name, value)
            self.wait()
        return events

    def restart(self, *devices: Device, alarms: AlarmsTable | None = None, away_ms: int = 5_000) -> None:
        """The process ends and another begins, on another boot, with its state from bytes."""
        saved = encode_state(self.conditions.state())
        if devices:
            self.plan = plan(devices, alarms or AlarmsTable())
        self.conditions = Conditions(self.plan)
        self.conditions.restore(decode_state(saved))
        self.wait(away_ms)
        self.boot_ms = self.now_ms - 30_000

    def _note(self, events: list[AlarmEvent]) -> list[AlarmEvent]:
        self.events += events
        return events

    def standing(self) -> dict[str, str]:
        """Id → code of every alarm that stands, from the events alone; also sees that they make sense."""
        found: dict[str, str] = {}
        gone: set[str] = set()
        for event in self.events:
            if event.state is AlarmState.RAISED:
                assert event.id not in found, f"{event.id} raised twice"
                assert event.id not in gone, f"{event.id} used again"
                found[event.id] = event.code
            else:
                assert event.id in found, f"{event.id} {event.state} while it does not stand"
            if event.state is AlarmState.CLEARED:
                gone.add(event.id)
                del found[event.id]
        return found


def told(events: list[AlarmEvent]) -> list[tuple[str, str]]:
    """Code and state of each event."""
    return [(event.code, event.state.value) for event in events]
