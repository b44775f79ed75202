/** A table that scrolls within a box of its own. */

import type { ComponentChildren } from "preact";

interface Props {
  columns: readonly string[];
  /** What the buttons at the end of each row do; nobody sees it written. */
  acts?: string;
  class?: string;
  children: ComponentChildren;
}

export function Table({ columns, acts, class: name = "", children }: Props) {
  return (
    <div class="scroll">
      <table class={name}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
            {acts && <th scope="col" aria-label={acts} />}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
