/** The choice of a period: one that ends now, or from when to when. */

import type { Signal } from "@preact/signals";
import { serverNow } from "../state/clock";
import { t } from "../texts";
import { span } from "../texts/formats";
import { MomentField } from "./moment_field";

export interface Period {
  from_ms: number;
  to_ms: number;
  /** Whether it ends now, whenever that is. */
  live?: boolean;
}

const HOUR = 3_600_000;
const MINUTE = 60_000;

export const lastHours = (n: number): Period => {
  const to_ms = Math.ceil(serverNow() / MINUTE) * MINUTE;
  return { from_ms: to_ms - n * HOUR, to_ms, live: true };
};

/** A period as it is now: one that ends now moves on. */
export function asOfNow({ from_ms, to_ms, live }: Period): { from_ms: number; to_ms: number } {
  const now = live ? lastHours((to_ms - from_ms) / HOUR) : { from_ms, to_ms };
  return { from_ms: now.from_ms, to_ms: now.to_ms };
}

export function PeriodChoice({ period, hours }: { period: Signal<Period>; hours: readonly number[] }) {
  const length = period.value.to_ms - period.value.from_ms;
  const set = (change: Partial<Period>) => {
    const next = { ...period.value, ...change, live: false };
    if (next.from_ms < next.to_ms) period.value = next;
  };
  return (
    <>
      <div class="tabs" role="group" aria-label={t().from}>
        {hours.map((n) => (
          <button
            key={n}
            type="button"
            aria-pressed={length === n * HOUR}
            onClick={() => (period.value = lastHours(n))}
          >
            {span(n * HOUR)}
          </button>
        ))}
      </div>
      <MomentField label={t().from} ms={period.value.from_ms} set={(from_ms) => set({ from_ms })} />
      <MomentField label={t().to} ms={period.value.to_ms} set={(to_ms) => set({ to_ms })} />
    </>
  );
}
