/** Which alarms the list shows, in which order and in which groups; pure. */

import type { Alarm, AlarmState, Incident, Priority } from "../api/types";

export type View = "active" | "shelved" | "out";

export interface Filter {
  view: View;
  site: string;
  priorities: ReadonlySet<Priority>;
  unacknowledged: boolean;
  text: string;
}

export interface IncidentRow {
  kind: "incident";
  id: number;
  incident: Incident | undefined;
  members: Alarm[];
  open: number;
  expanded: boolean;
}

export interface AlarmRow {
  kind: "alarm";
  alarm: Alarm;
  inside: boolean;
}

export type Row = IncidentRow | AlarmRow;

const URGENT: ReadonlySet<AlarmState> = new Set(["unacknowledged", "returned", "latched_unacknowledged"]);
const OF_VIEW: Record<View, (state: AlarmState) => boolean> = {
  active: (state) => !OF_VIEW.shelved(state) && !OF_VIEW.out(state) && state !== "normal",
  shelved: (state) => state === "shelved",
  out: (state) => state === "suppressed" || state === "out_of_service",
};

/** Whether somebody has to acknowledge. */
export const isUrgent = (alarm: Alarm): boolean => URGENT.has(alarm.state);

export const isIn = (view: View, alarm: Alarm): boolean => OF_VIEW[view](alarm.state);

/** Unacknowledged first, then by priority, what stands before what is over, the newest first. */
export function compare(a: Alarm, b: Alarm): number {
  return (
    Number(isUrgent(b)) - Number(isUrgent(a)) ||
    a.priority - b.priority ||
    Number(b.active) - Number(a.active) ||
    b.since_ms - a.since_ms ||
    (a.key < b.key ? -1 : 1)
  );
}

const searched = new WeakMap<Alarm, string>();

function words(alarm: Alarm): string {
  let text = searched.get(alarm);
  if (text === undefined) {
    text = [
      alarm.site_title,
      alarm.site,
      alarm.title,
      alarm.happened,
      alarm.device,
      alarm.channel,
      alarm.code,
      alarm.link,
    ]
      .join("\n")
      .toLowerCase();
    searched.set(alarm, text);
  }
  return text;
}

export function matching(alarms: Iterable<Alarm>, filter: Filter): Alarm[] {
  const wanted = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const found: Alarm[] = [];
  for (const alarm of alarms) {
    if (!isIn(filter.view, alarm)) continue;
    if (filter.site && alarm.site !== filter.site) continue;
    if (filter.priorities.size && !filter.priorities.has(alarm.priority)) continue;
    if (filter.unacknowledged && !isUrgent(alarm)) continue;
    if (wanted.length) {
      const text = words(alarm);
      if (!wanted.every((word) => text.includes(word))) continue;
    }
    found.push(alarm);
  }
  return found.sort(compare);
}

export const flat = (sorted: Alarm[]): Row[] =>
  sorted.map((alarm) => ({ kind: "alarm", alarm, inside: false }));

/** By incident; one that is folded still shows each alarm of priority 1. */
export function grouped(
  sorted: Alarm[],
  incidents: ReadonlyMap<number, Incident>,
  expanded: ReadonlySet<number>,
): Row[] {
  const groups = new Map<number, Alarm[]>();
  for (const alarm of sorted) {
    if (!alarm.incident) continue;
    const members = groups.get(alarm.incident);
    if (members) members.push(alarm);
    else groups.set(alarm.incident, [alarm]);
  }
  const rows: Row[] = [];
  for (const alarm of sorted) {
    const members = alarm.incident ? groups.get(alarm.incident) : undefined;
    if (!members || members.length === 1) rows.push({ kind: "alarm", alarm, inside: false });
    else if (members[0] === alarm) rows.push(...group(alarm.incident, members, incidents, expanded));
  }
  return rows;
}

function group(
  id: number,
  members: Alarm[],
  incidents: ReadonlyMap<number, Incident>,
  expanded: ReadonlySet<number>,
): Row[] {
  const isOpen = expanded.has(id);
  const open = members.filter(isUrgent).length;
  const head: Row = { kind: "incident", id, incident: incidents.get(id), members, open, expanded: isOpen };
  const shown = isOpen ? members : members.filter((alarm) => alarm.priority === 1);
  return [head, ...shown.map((alarm): Row => ({ kind: "alarm", alarm, inside: true }))];
}

/** What stands for a row wherever it moves. */
export const rowKey = (row: Row): string => (row.kind === "alarm" ? row.alarm.key : `incident ${row.id}`);
