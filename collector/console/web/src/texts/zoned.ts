/** Times that people enter: as the clock of the centre's zone shows them. */

import { zone } from "../state/session";

const PARTS = {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
} as const;

/** How far the zone is ahead of UTC at a time, milliseconds. */
function ahead(ms: number): number {
  const made = new Intl.DateTimeFormat("en-GB", {
    ...PARTS,
    hourCycle: "h23",
    timeZone: zone(),
  }).formatToParts(ms);
  const part = (type: string) => Number(made.find((one) => one.type === type)?.value);
  const shown = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  return shown - Math.floor(ms / 1000) * 1000;
}

const WRITTEN = /^\s*(\d{1,2})\.(\d{1,2})\.(\d{4})(?:\s+(\d{1,2}):(\d{2}))?\s*$/;

/** `29.11.2026 13:05`: one way to write it in all languages, where a browser's own field would use that of its makers. */
export function toWritten(ms: number): string {
  const [day = "", time = ""] = new Date(ms + ahead(ms)).toISOString().split("T");
  return `${day.split("-").reverse().join(".")} ${time.slice(0, 5)}`;
}

/** Unix ms; null where nothing, or nothing sensible, was written. */
export function fromWritten(text: string): number | null {
  const found = WRITTEN.exec(text)
    ?.slice(1)
    .map((part) => Number(part ?? 0));
  if (!found) return null;
  const [day = 0, month = 0, year = 0, hour = 0, minute = 0] = found;
  const asUtc = Date.UTC(year, month - 1, day, hour, minute);
  const isSame = new Date(asUtc).getUTCDate() === day && new Date(asUtc).getUTCMonth() === month - 1;
  return isSame && hour < 24 && minute < 60 ? asUtc - ahead(asUtc - ahead(asUtc)) : null;
}
