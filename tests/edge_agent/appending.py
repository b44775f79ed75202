"""A process that fills an outbox until it is killed: one line for each batch, once `append` has returned.

Each batch carries an alarm event and the number of it as state: digest and state stand in the line.

python -m tests.edge_agent.appending PATH
"""

import itertools
import sys
from hashlib import sha256
from pathlib import Path

from tests.edge_agent.outboxes import NAMES, outbox, scan, told


def main(path: Path) -> None:
    with outbox(path) as box:
        first = box.depth().oldest_seq + box.depth().batches
        for number in itertools.count(first):
            state = {"conditions": b"%d" % number}
            seq = box.append([scan(number, device="wide")], NAMES, [told(number)], state)
            assert seq is not None
            (written,) = box.pending(seq - 1, 1, 1)
            sys.stdout.write(f"{seq} {sha256(written.payload).hexdigest()}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
