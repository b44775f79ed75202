/** The list itself: only the rows in sight exist, so that 5,000 alarms cost no more than 50. */

import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { loaded } from "../state/board";
import { t, ta } from "../texts";
import { cursor, filter, rows } from "./list_state";
import { rowKey } from "./order";
import { HeadRow, ListRow, rowId } from "./row";

const BEYOND = 6;
const narrow = matchMedia("(max-width: 760px)");
const height = (): number => (narrow.matches ? 84 : 52);

export function AlarmList() {
  const box = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const sight = useSignal(800);
  useLayoutEffect(() => {
    const seen = box.current;
    if (!seen) return;
    const watch = new ResizeObserver(() => {
      sight.value = seen.clientHeight;
    });
    watch.observe(seen);
    return () => watch.disconnect();
  }, []);
  const all = rows.value;
  const each = height();
  const at = all.findIndex((row) => rowKey(row) === cursor.value);
  useEffect(() => {
    if (at >= 0 && box.current) reveal(box.current, at * each, each);
  }, [cursor.value]);
  const first = Math.max(0, Math.floor(top.value / each) - BEYOND);
  const shown = all.slice(first, Math.ceil((top.value + sight.value) / each) + BEYOND);
  return (
    <div
      class="list"
      role="grid"
      aria-label={t().alarms}
      aria-multiselectable
      aria-rowcount={all.length + 1}
      aria-activedescendant={
        shown.some((row) => rowKey(row) === cursor.value) ? rowId(cursor.value) : undefined
      }
      tabIndex={0}
    >
      <HeadRow />
      <div
        ref={box}
        class="rows"
        role="rowgroup"
        onScroll={(event) => {
          top.value = event.currentTarget.scrollTop;
        }}
      >
        <div class="extent" role="presentation" style={{ height: `${all.length * each}px` }}>
          {shown.map((row, i) => (
            <ListRow key={rowKey(row)} row={row} index={first + i} top={(first + i) * each} />
          ))}
        </div>
        {!all.length && <p class="empty">{empty()}</p>}
      </div>
    </div>
  );
}

function empty(): string {
  if (!loaded.value) return t().loading;
  const { site, priorities, unacknowledged, text } = filter.value;
  return site || priorities.size || unacknowledged || text ? ta().noneFound : ta().none;
}

function reveal(box: HTMLElement, top: number, each: number): void {
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + each > box.scrollTop + box.clientHeight) box.scrollTop = top + each - box.clientHeight;
}
