/** Alarms per ten minutes as bars, against what a dispatcher can handle and what is a flood. */

import type { Period } from "../parts/period";
import { date, hours, moment } from "../texts/formats";

const WIDTH = 1000;
const HEIGHT = 150;
const HANDLED = 2;
const FLOOD = 10;

const DAY_MS = 86_400_000;
/** Where along the axis a time is written. */
const TIMES = [0, 0.25, 0.5, 0.75, 1];

const level = (n: number): string => (n > FLOOD ? "flooded" : n > HANDLED ? "busy" : "calm");

interface Props {
  counts: { t_ms: number; n: number }[];
  period: Period;
}

export function RateChart({ counts, period }: Props) {
  const most = Math.max(FLOOD * 1.2, ...counts.map(({ n }) => n));
  const length = period.to_ms - period.from_ms;
  const wide = (600_000 / length) * WIDTH;
  const y = (n: number) => HEIGHT - (n / most) * HEIGHT;
  return (
    <figure class="rate-chart">
      <svg class="rates" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {counts
          .filter(({ n }) => n > 0)
          .map(({ t_ms, n }) => (
            <rect
              key={t_ms}
              class={level(n)}
              x={((t_ms - period.from_ms) / length) * WIDTH}
              width={Math.max(wide * 0.85, 1)}
              y={y(n)}
              height={HEIGHT - y(n)}
            >
              <title>{`${moment(t_ms)}: ${n}`}</title>
            </rect>
          ))}
        <path class="handled" d={`M0 ${y(HANDLED)}H${WIDTH}`} />
        <path class="flood-line" d={`M0 ${y(FLOOD)}H${WIDTH}`} />
      </svg>
      {[HANDLED, FLOOD].map((n) => (
        <span key={n} class="level" style={{ top: `${y(n)}px` }}>
          {n}
        </span>
      ))}
      <div class="times">
        {TIMES.map((share) => (
          <time key={share}>{axisTime(period.from_ms + share * length, length)}</time>
        ))}
      </div>
    </figure>
  );
}

/** Over more than a day the date counts, otherwise the hour. */
const axisTime = (ms: number, length: number): string => (length > DAY_MS ? date(ms) : hours(ms));
