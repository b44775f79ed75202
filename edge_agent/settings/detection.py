"""What can be set of the detection, and the constants of each profile class.

Durations are in rows: at a live site a row is a minute. `docs/detection.md` gives the reason for each number.
"""

from enum import StrEnum
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct
from msgspec.structs import fields, replace

from wire.messages import OperatingMode

Rows = Annotated[int, Meta(ge=1)]
WarmupRows = Annotated[int, Meta(ge=16)]
Positive = Annotated[float, Meta(gt=0)]


class LatchSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Scores are relative: 1 is where an anomaly begins."""

    off: float = 0.75
    """Below this share of the threshold the anomaly is over."""
    faded: float = 0.1
    """Below this share of its own peak the event has passed, though it left the process at another level."""
    faded_rows: int = 60
    """Four time constants of the mean: a large event's way back to normal must not be taken for a level."""
    accept_rows: int = 1440
    """What has lasted this long is the new normal: it was reported, and the next change must be seen."""


class InnovationsSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Detector (a), see `innovations`."""

    warmup_rows: WarmupRows = 1440
    mean_rows: Rows = 15
    clip: Positive = 8.0
    """Standard deviations; one row counts for no more."""
    adapt_rows: Rows = 1440
    """Time constant by which bias and scale follow the process while it is normal."""
    on: Annotated[float, Meta(gt=1)] = 3.25
    """Root mean square of eight channels' deviations; smaller groups need more, see `threshold`."""
    ordinary_peak: Positive = 5.0
    """The largest peak of the warm-up is taken for at most this many standard deviations."""
    steps: dict[str, Positive] = {}
    """Channel → its least step that matters: above it is judged by shares, below by the value itself.

    At a site all concentrations are, see `watching`.
    """
    latch: LatchSettings = LatchSettings()


class SeasonalSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Detector (b), see `seasonal`."""

    warmup_rows: WarmupRows = 10_080
    mean_rows: Rows = 5
    remember_rows: Rows = 480
    """Rows of one hour of one weekday that are remembered: eight weeks of it."""
    chance: Annotated[float, Meta(gt=0, lt=0.02)] = 1e-5
    """Of a row as unusual as the one with which an anomaly begins."""
    utc_offset_h: Annotated[int, Meta(ge=-12, le=14)] = 5
    """Local time: Kazakhstan has had UTC+5 throughout since 1 March 2024."""
    latch: LatchSettings = LatchSettings()


class ExpectedSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Detector (c), see `expected`."""

    target: str
    drivers: Annotated[tuple[str, ...], Meta(min_length=1, max_length=6)]
    warmup_rows: WarmupRows = 4320
    mean_rows: Rows = 15
    forget_rows: Rows = 10_080
    ordinary_peak: Positive = 5.0
    on: Positive = 6.0
    """Standard deviations of the smoothed residual."""
    step: Positive | None = None
    """The target's least step that matters: departures are judged as shares of it, or of more than this.

    None: in the target's unit, however large it is.
    """
    latch: LatchSettings = LatchSettings()


class MultivariateModel(StrEnum):
    """Which of river's models; what each is good for stands in `docs/detection.md`."""

    HALF_SPACE_TREES = "half_space_trees"
    ONE_CLASS_SVM = "one_class_svm"
    LODA = "loda"


class MultivariateSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Detector (d), see `multivariate`; costs 95 MB of memory for what it imports.

    Raises:
        ValueError: a constant of a model that is not the chosen one.
    """

    model: MultivariateModel = MultivariateModel.HALF_SPACE_TREES
    warmup_rows: WarmupRows = 1440
    mean_rows: Rows = 15
    trees: Annotated[int, Meta(ge=1, le=50)] = 25
    height: Annotated[int, Meta(ge=1, le=8)] = 5
    features: Annotated[int, Meta(ge=8, le=256)] = 128
    """Of `one_class_svm`: cosines by which its kernel is approached."""
    nu: Annotated[float, Meta(gt=0, le=0.5)] = 0.2
    """Of `one_class_svm`: the share of rows that lie at the border, from which it learns."""
    cuts: Annotated[int, Meta(ge=1, le=128)] = 32
    """Of `loda`: histograms, each of a direction through some channels."""
    bins: Annotated[int, Meta(ge=4, le=64)] = 6
    """Of `loda`: of each histogram."""
    window_rows: Rows = 250
    """Of `half_space_trees`: rows a row is compared with, and after which the present ones replace them."""
    ordinary_peak: Positive = 3.0
    on: Positive = 5.0
    seed: int = 1
    latch: LatchSettings = LatchSettings()

    def __post_init__(self) -> None:
        for model, names in _MODEL_CONSTANTS.items():
            for name in names if model != self.model else ():
                if getattr(self, name) != _DEFAULTS[name]:
                    raise ValueError(f"`{name}` is a constant of `{model}`, and the model is `{self.model}`")

    def settling_rows(self) -> int:
        """Rows that a model has learnt before its scores say anything; the window of trees must be full."""
        quarter = self.warmup_rows // 4
        is_forest = self.model == MultivariateModel.HALF_SPACE_TREES
        return min(self.window_rows, quarter) if is_forest else quarter

    def constants(self) -> tuple[float, ...]:
        """Those without which what the model has learnt means nothing."""
        return (*(getattr(self, name) for name in _MODEL_CONSTANTS[self.model]), self.seed)


_MODEL_CONSTANTS: Final = {
    MultivariateModel.HALF_SPACE_TREES: ("trees", "height", "window_rows"),
    MultivariateModel.ONE_CLASS_SVM: ("features", "nu"),
    MultivariateModel.LODA: ("cuts", "bins"),
}
_DEFAULTS: Final = {field.name: field.default for field in fields(MultivariateSettings)}


class DetectSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The detectors of one group of channels; one that is absent is not run."""

    innovations: InnovationsSettings | None = InnovationsSettings()
    seasonal: SeasonalSettings | None = None
    multivariate: MultivariateSettings | None = None
    expected: tuple[ExpectedSettings, ...] = ()

    def longest_warmup(self) -> int:
        """Rows until every detector judges."""
        single = (self.innovations, self.seasonal, self.multivariate)
        return max((part.warmup_rows for part in (*single, *self.expected) if part), default=0)


class ProfileClass(StrEnum):
    """What kind of place the constants are for."""

    GENERIC = "generic"
    BOILER_HOUSE = "boiler_house"
    AIR_POST = "air_post"


_TEN_DAYS: Final = 14_400
"""The last three quarters of it, of which the errors are learnt, hold whatever is done once a week."""

CLASSES: Final = {
    ProfileClass.GENERIC: DetectSettings(),
    ProfileClass.BOILER_HOUSE: DetectSettings(
        innovations=InnovationsSettings(warmup_rows=_TEN_DAYS, ordinary_peak=2.5)
    ),
    ProfileClass.AIR_POST: DetectSettings(
        innovations=InnovationsSettings(warmup_rows=_TEN_DAYS, ordinary_peak=4.0),
        seasonal=SeasonalSettings(),
    ),
}
"""The detectors and constants of each class."""


class DetectorsTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which detectors run: those of the class, but a table here replaces the class's.

    `without` names detectors that are not to run.
    """

    profile_class: ProfileClass | None = None
    innovations: InnovationsSettings | None = None
    seasonal: SeasonalSettings | None = None
    multivariate: MultivariateSettings | None = None
    without: tuple[Literal["innovations", "seasonal", "multivariate"], ...] = ()

    def detectors(self, usual: ProfileClass) -> DetectSettings:
        """What this table means where the class is usually this one."""
        known = CLASSES[self.profile_class or usual]
        given = {
            "innovations": self.innovations,
            "seasonal": self.seasonal,
            "multivariate": self.multivariate,
        }
        chosen = {name: table for name, table in given.items() if table}
        return replace(known, **chosen, **dict.fromkeys(self.without))


class GroupTable(DetectorsTable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[group]]` of a configuration: channels that belong together."""

    channels: tuple[str, ...] = ()
    """Names; none: all there are."""
    expected: tuple[ExpectedSettings, ...] = ()

    def settings(self, usual: ProfileClass) -> DetectSettings:
        """What this table means where the class is usually this one."""
        return replace(self.detectors(usual), expected=self.expected)


class DeviceDetectTable(DetectorsTable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[device.detect]`: how the channels of one device are watched together."""

    enabled: bool = True


class DetectTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[detect]`: how a site is watched; `[[detect.expected]]` names its channels `device.channel`."""

    enabled: bool = True
    mode: OperatingMode = OperatingMode.HEATING
    """What the site is doing as long as nobody has said otherwise."""
    expected: tuple[ExpectedSettings, ...] = ()


class DetectFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of groups."""

    group: Annotated[tuple[GroupTable, ...], Meta(min_length=1)]


def with_warmup(settings: DetectSettings, rows: int) -> DetectSettings:
    """The same settings with another warm-up in every detector."""
    innovations, seasonal, multivariate = settings.innovations, settings.seasonal, settings.multivariate
    return DetectSettings(
        innovations=innovations and replace(innovations, warmup_rows=rows),
        seasonal=seasonal and replace(seasonal, warmup_rows=rows),
        multivariate=multivariate and replace(multivariate, warmup_rows=rows),
        expected=tuple(replace(relation, warmup_rows=rows) for relation in settings.expected),
    )
