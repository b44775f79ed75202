"""A process that fills an outbox until it is killed: one line for each batch, once `append` has returned.

python -m tests.edge_agent.appending PATH
"""

import itertools
import sys
from hashlib import sha256
from pathlib import Path

from tests.edge_agent.outboxes import append, outbox, scan


def main(path: Path) -> None:
    with outbox(path) as box:
        first = box.depth().oldest_seq + box.depth().batches
        for number in itertools.count(first):
            seq = append(box, scan(number, device="wide"))
            assert seq is not None
            (written,) = box.pending(seq - 1, 1, 1)
            sys.stdout.write(f"{seq} {sha256(written.payload).hexdigest()}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
