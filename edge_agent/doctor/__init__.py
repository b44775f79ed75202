"""What is wrong with a gateway and what to do: one page, made beside a running agent or without it.

    files, ports, kernel, broker ─▶ gathering ─▶ Facts ─▶ judging ─▶ Findings
    the agent's own record ────────────┘

`facts` and `finding` are the types. Gathering (`gathering`, `machine`, `ports`, `broker`, `probing`) only
looks and judges nothing; judging (`judging`, `judging_centre`, `judging_lines`, `judging_machine`) does no
input or output. A part that is not there is a fact like any other.
"""
