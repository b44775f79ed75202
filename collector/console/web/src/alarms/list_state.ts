/** What the list shows now, where the cursor is and what is selected. */

import { computed, signal } from "@preact/signals";
import type { Alarm, Priority } from "../api/types";
import { alarm, alarms, flood, incidents } from "../state/board";
import { type Filter, flat, grouped, isIn, isUrgent, matching, type Row, rowKey, type View } from "./order";

export const filter = signal<Filter>({
  view: "active",
  site: "",
  priorities: new Set<Priority>(),
  unacknowledged: false,
  text: "",
});
/** Whether to group by incident; null: as the flood has it. */
export const grouping = signal<boolean | null>(null);
export const expanded = signal<ReadonlySet<number>>(new Set());
export const cursor = signal("");
export const selected = signal<ReadonlySet<string>>(new Set());
/** The alarm whose details are open. */
export const opened = signal("");
let anchor = "";

export const isGrouped = computed(() => grouping.value ?? flood.value !== null);

const found = computed(() => matching(alarms(), filter.value));

export const rows = computed<Row[]>(() =>
  isGrouped.value ? grouped(found.value, incidents.value, expanded.value) : flat(found.value),
);

export const counts = computed(() => {
  const all = [...alarms()].filter((one) => isIn(filter.value.view, one));
  return { shown: found.value.length, all: all.length, urgent: all.filter(isUrgent).length };
});

/** Sites that have alarms, by title. */
export const sites = computed(() => {
  const titles = new Map<string, string>();
  for (const one of alarms()) titles.set(one.site, one.site_title || one.site);
  return [...titles].sort((a, b) => a[1].localeCompare(b[1]));
});

export function narrow(change: Partial<Filter>): void {
  filter.value = { ...filter.value, ...change };
}

export function show(view: View): void {
  narrow({ view });
  clearSelection();
}

/** The alarms an action is for: those selected, else what is open or under the cursor; of an incident all. */
export function targets(): Alarm[] {
  const row = atCursor();
  const here = opened.value ? [opened.value] : row ? keysOf(row) : [];
  const keys = selected.value.size ? [...selected.value] : here;
  return keys.map((key) => alarm(key)).filter((one) => one !== undefined);
}

export function clearSelection(): void {
  selected.value = new Set();
  anchor = "";
}

/** Select or deselect a row; with `range` all from the last one on. */
export function select(row: Row, range: boolean): void {
  const all = rows.value;
  const key = rowKey(row);
  const next = new Set(selected.value);
  const from = range ? all.findIndex((one) => rowKey(one) === anchor) : -1;
  const to = all.indexOf(row);
  if (from >= 0 && to >= 0) {
    for (const one of all.slice(Math.min(from, to), Math.max(from, to) + 1))
      for (const k of keysOf(one)) next.add(k);
  } else {
    const keys = keysOf(row);
    const all = keys.every((k) => next.has(k));
    for (const k of keys) all ? next.delete(k) : next.add(k);
  }
  anchor = key;
  cursor.value = key;
  selected.value = next;
}

const keysOf = (row: Row): string[] =>
  row.kind === "alarm" ? [row.alarm.key] : row.members.map((member) => member.key);

export const isSelected = (row: Row): boolean => keysOf(row).every((key) => selected.value.has(key));

export function move(by: number): void {
  const all = rows.value;
  const at = all.findIndex((row) => rowKey(row) === cursor.value);
  const row = all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
  if (!row) return;
  cursor.value = rowKey(row);
  if (opened.value && row.kind === "alarm") opened.value = row.alarm.key;
}

export function atCursor(): Row | undefined {
  return rows.value.find((row) => rowKey(row) === cursor.value);
}

export function toggle(id: number): void {
  const next = new Set(expanded.value);
  if (!next.delete(id)) next.add(id);
  expanded.value = next;
}

export function expandAll(): void {
  grouping.value = false;
}
