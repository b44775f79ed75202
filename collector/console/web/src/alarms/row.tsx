/** One line of the list: an alarm, or an incident that stands for its alarms. */

import type { Alarm } from "../api/types";
import { Age } from "../parts/age";
import { PriorityMark } from "../parts/priority";
import { Sparkline } from "../parts/sparkline";
import { serverNow } from "../state/clock";
import { sparkline } from "../state/sparklines";
import { t, ta } from "../texts";
import { began, withUnit } from "../texts/formats";
import { cursor, isSelected, opened, select, toggle } from "./list_state";
import { type AlarmRow, type IncidentRow, isUrgent, type Row, rowKey } from "./order";

export const rowId = (key: string): string => `row-${key}`;

export function ListRow({ row, index, top }: { row: Row; index: number; top: number }) {
  const key = rowKey(row);
  const urgent = row.kind === "alarm" ? isUrgent(row.alarm) : row.open > 0;
  const classes = [
    "row",
    row.kind,
    urgent && "urgent",
    cursor.value === key && "cursor",
    inside(row) && "inside",
  ];
  return (
    <div
      id={rowId(key)}
      class={classes.filter(Boolean).join(" ")}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected(row)}
      style={{ transform: `translateY(${top}px)` }}
      onClick={(event) => pick(event, row)}
      onDblClick={() => row.kind === "incident" && toggle(row.id)}
    >
      <span class="cell check" role="gridcell">
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={ta().select}
          checked={isSelected(row)}
          onClick={(event) => {
            event.stopPropagation();
            select(row, event.shiftKey);
          }}
        />
      </span>
      {row.kind === "alarm" ? <AlarmCells row={row} /> : <IncidentCells row={row} />}
    </div>
  );
}

const inside = (row: Row): boolean => row.kind === "alarm" && row.inside;

function pick(event: MouseEvent, row: Row): void {
  if (event.shiftKey || event.ctrlKey || event.metaKey) {
    getSelection()?.removeAllRanges();
    select(row, event.shiftKey);
    return;
  }
  cursor.value = rowKey(row);
  if (row.kind === "incident") toggle(row.id);
  else opened.value = row.alarm.key;
}

function AlarmCells({ row: { alarm } }: { row: AlarmRow }) {
  return (
    <>
      <span class="cell mark" role="gridcell">
        <PriorityMark priority={alarm.priority} quiet={!alarm.active} />
      </span>
      <span class="cell since" role="gridcell">
        <Age since={alarm.since_ms} />
        <small>{began(alarm.since_ms, serverNow())}</small>
      </span>
      <span class="cell what" role="gridcell">
        <span class="headline">
          <span class="title">
            <b>{alarm.site_title || alarm.site}</b> {alarm.title}
          </span>
          <Flags alarm={alarm} />
        </span>
        <small title={alarm.happened}>{alarm.happened}</small>
      </span>
      <span class="cell value" role="gridcell">
        <Measured alarm={alarm} />
      </span>
      <span class="cell picture" role="gridcell">
        <Sparkline points={sparkline(alarm.point)} limit={alarm.limit} />
      </span>
      <span class="cell state" role="gridcell">
        {ta().states[alarm.state]}
      </span>
    </>
  );
}

function Measured({ alarm }: { alarm: Alarm }) {
  if (alarm.value === null) return null;
  const bound = alarm.limit ?? alarm.expected;
  return (
    <>
      <b>{withUnit(alarm.value, alarm.unit)}</b>
      {bound !== null && (
        <small>
          {alarm.limit === null ? ta().expected : ta().limit} {withUnit(bound, alarm.unit)}
        </small>
      )}
    </>
  );
}

export function Flags({ alarm }: { alarm: Alarm }) {
  const flags = [
    alarm.chattering && ta().chattering,
    alarm.standing && ta().standing,
    alarm.suspect && ta().suspect,
    alarm.false && ta().isFalse,
  ].filter((flag) => typeof flag === "string");
  return (
    <>
      {flags.map((flag) => (
        <em key={flag} class="flag">
          {flag}
        </em>
      ))}
    </>
  );
}

function IncidentCells({ row }: { row: IncidentRow }) {
  const worst = row.members.reduce((a, b) => (b.priority < a.priority ? b : a));
  const first = Math.min(...row.members.map((alarm) => alarm.since_ms));
  const title = row.incident?.title || [...new Set(row.members.map((alarm) => alarm.site_title))].join(", ");
  return (
    <>
      <span class="cell mark" role="gridcell">
        <PriorityMark priority={worst.priority} />
      </span>
      <span class="cell since" role="gridcell">
        <Age since={first} />
        <small>{began(first, serverNow())}</small>
      </span>
      <span class="cell what" role="gridcell">
        <span class="headline">
          <b class="title">{title}</b>
        </span>
        <small>{ta().incident(row.members.length, row.open)}</small>
      </span>
      <span class="cell fold" role="gridcell">
        <button
          type="button"
          class="link"
          tabIndex={-1}
          aria-expanded={row.expanded}
          onClick={(event) => {
            event.stopPropagation();
            toggle(row.id);
          }}
        >
          {row.expanded ? ta().fold : ta().expand}
        </button>
      </span>
    </>
  );
}

export function HeadRow() {
  return (
    <div class="row head" role="row" aria-rowindex={1}>
      <span class="cell check" role="columnheader" aria-label={ta().select} />
      <span class="cell mark" role="columnheader" aria-label={ta().priority} />
      <span class="cell since" role="columnheader">
        {ta().age}
      </span>
      <span class="cell what" role="columnheader">
        {ta().what}
      </span>
      <span class="cell value" role="columnheader">
        {ta().value}
      </span>
      <span class="cell picture" role="columnheader" aria-label={t().overview} />
      <span class="cell state" role="columnheader">
        {ta().state}
      </span>
    </div>
  );
}
