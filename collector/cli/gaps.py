"""`collector gaps`: what is missing, when it was measured, and why."""

import msgspec
import typer

from collector.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, state_of, when
from collector.ledger import Gap, list_gaps


def gaps(config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """List batches that have not arrived, by gateway, with the time they fall in and what became of them.

    waiting: the agent still has them; explained: it gave them up and said why; lost: it has them no more;
    epoch_changed: its outbox was replaced, and what the old one still held never came.
    """
    with state_of(config) as connection:
        found = list_gaps(connection)
    if json:
        typer.echo(msgspec.json.encode(found))
        return
    for gap in found:
        typer.echo(_line(gap))
    typer.echo(f"{len(found)} gaps", err=True)


def _line(gap: Gap) -> str:
    what = f"{gap.first_seq}…{gap.last_seq}" if gap.first_seq else "no numbers"
    why = f"  {gap.reason}, at most {gap.readings} readings" if gap.reason else ""
    after = f"  then {gap.next_epoch}" if gap.next_epoch else ""
    place = f"{gap.site}/{gap.gateway} {gap.epoch}"
    return f"{place}  {gap.state:13}  {what}  {when(gap.from_ms)} … {when(gap.to_ms)}{why}{after}"
