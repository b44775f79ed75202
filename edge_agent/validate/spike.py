"""Spike: one sample far outside what both its neighbours in time say.

The later neighbour is not known yet, so the rule has two halves. With `reach` = 8 usual moves of the channel,
at least its `spike`, and p the last believed value:

    now     v is farther than `reach` from p and does not go on as p came   uncertain.spike
    next    w is within `reach` of p                                        v was a spike, w is good
            w is within `reach` of v, or goes on the way from p to v        a step or a ramp, w is good
            neither                                                         w is in doubt itself, v forgotten

So a genuine step or ramp costs one doubtful sample, and nothing stays in doubt because it was in doubt.
"""


def leaps(move: float, before: float, reach: float) -> bool:
    """Whether a move is no usual one, nor goes on as the move before it did."""
    if abs(move) <= reach:
        return False
    return move * before <= 0 or abs(move) - abs(before) > reach
