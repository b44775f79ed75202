/** The choice of a period: one that ends now, or from when to when. */

import type { Signal } from "@preact/signals";
import { serverNow } from "../state/clock";
import { t } from "../texts";
import { span } from "../texts/formats";
import { MomentField } from "./moment_field";

export interface Period {
  from_ms: number;
  to_ms: number;
}

const HOUR = 3_600_000;

export const lastHours = (n: number): Period => {
  const to_ms = Math.round(serverNow());
  return { from_ms: to_ms - n * HOUR, to_ms };
};

export function PeriodChoice({ period, hours }: { period: Signal<Period>; hours: readonly number[] }) {
  const length = period.value.to_ms - period.value.from_ms;
  const set = (change: Partial<Period>) => {
    const next = { ...period.value, ...change };
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
