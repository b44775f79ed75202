/** The course of one point over a period, with what is usual and the alarms of that time. */

import { useSignal } from "@preact/signals";
import { address, get } from "../api/http";
import type { Trend } from "../api/types";
import { Show, useFetched } from "../parts/fetched";
import { serverNow } from "../state/clock";
import { language } from "../state/preferences";
import { moment } from "../texts/formats";
import { tr } from "../texts/region";
import { type Span, TrendChart } from "./trend_chart";

const HOUR = 3_600_000;
const RANGES = { hours2: 2 * HOUR, day: 24 * HOUR, week: 168 * HOUR, month: 720 * HOUR };
type RangeName = keyof typeof RANGES;
/** How often each range is drawn anew. */
const EVERY_MS = { hours2: 15_000, day: 60_000, week: 300_000, month: 900_000 };
/** Points on the screen; the centre averages what is finer. */
const POINTS = 600;
const STEPS_S = [1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

const step = ({ from_ms, to_ms }: Span): number =>
  1000 * (STEPS_S.find((s) => (to_ms - from_ms) / (s * 1000) <= POINTS) ?? 14_400);

export function TrendPanel({ point }: { point: string }) {
  const range = useSignal<RangeName>("hours2");
  const zoomed = useSignal<Span | null>(null);
  const period = (): Span => {
    const to_ms = Math.round(serverNow());
    return zoomed.value ?? { from_ms: to_ms - RANGES[range.value], to_ms };
  };
  const answer = useFetched(
    () => {
      const wanted = period();
      const asked = { point, ...wanted, every_ms: step(wanted), lang: language.value };
      return get<Trend>("/trend", asked).then((trend) => ({ trend, period: wanted }));
    },
    [point, range.value, zoomed.value, language.value],
    zoomed.value ? 0 : EVERY_MS[range.value],
  );
  const now = period();
  return (
    <section class="panel trend" aria-label={tr().trend}>
      <div class="trend-head">
        <h2>{answer.data?.trend.title || point}</h2>
        <div class="tabs" role="group" aria-label={tr().trend}>
          {(Object.keys(RANGES) as RangeName[]).map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={!zoomed.value && range.value === name}
              onClick={() => {
                zoomed.value = null;
                range.value = name;
              }}
            >
              {tr().ranges[name]}
            </button>
          ))}
        </div>
        {zoomed.value && (
          <button type="button" onClick={() => (zoomed.value = null)}>
            {tr().zoomOut}
          </button>
        )}
        <a href={address("/export", { point, ...now, lang: language.value })} download>
          {tr().export}
        </a>
      </div>
      <Show of={answer}>
        {({ trend, period }) =>
          trend.t.length ? (
            <TrendChart
              trend={trend}
              period={period}
              zoom={(from_ms, to_ms) => (zoomed.value = { from_ms, to_ms })}
            />
          ) : (
            <p class="empty">{tr().noReadings}</p>
          )
        }
      </Show>
      <p class="hint">
        <small>{zoomed.value ? `${moment(now.from_ms)} — ${moment(now.to_ms)}` : tr().zoomHint}</small>
      </p>
    </section>
  );
}
