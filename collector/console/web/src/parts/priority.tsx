/** A priority by shape, number, letter and colour: never by colour alone. */

import type { Priority } from "../api/types";
import { ta } from "../texts";

const SHAPES: Record<Priority, string> = {
  1: "M12 1 23 12 12 23 1 12Z",
  2: "M12 2 23 21 1 21Z",
  3: "M3 3h18v18H3Z",
  4: "M12 2a10 10 0 1 0 0.01 0Z",
};

export function PriorityMark({ priority, quiet = false }: { priority: Priority; quiet?: boolean }) {
  const label = `${ta().priority} ${ta().priorities[priority] ?? ""}`;
  return (
    <span
      class={`priority priority-${priority} ${quiet ? "quiet" : ""}`}
      role="img"
      aria-label={label}
      title={label}
    >
      <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
        <path d={SHAPES[priority]} />
        <text x="12" y={priority === 2 ? 18.5 : 16.5} text-anchor="middle">
          {priority}
        </text>
      </svg>
      <b aria-hidden="true">{ta().letters[priority]}</b>
    </span>
  );
}
