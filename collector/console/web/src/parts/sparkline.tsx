/** Two hours of a point as a line of its own, with the limit it is held to, and from where to where it goes. */

import type { Sparkline as Points } from "../api/types";
import { number } from "../texts/formats";
import { withGaps } from "./gaps";

const WIDTH = 96;
const WITH_SCALE = 136;
const HEIGHT = 30;
const LENGTH_MS = 7_200_000;

export function Sparkline({ points, limit }: { points: Points | undefined; limit: number | null }) {
  const values = points?.v.filter((value) => value !== null) ?? [];
  if (!points || values.length < 2)
    return <svg class="spark" width={WITH_SCALE} height={HEIGHT} aria-hidden="true" />;
  const all = limit === null ? values : [...values, limit];
  const low = Math.min(...all);
  const high = Math.max(...all);
  const size = high - low || 1;
  const last = points.t.at(-1) ?? 0;
  const x = (t: number) => ((1 - (last - t) / LENGTH_MS) * (WIDTH - 2) + 1).toFixed(1);
  const y = (v: number) => (HEIGHT - 2 - ((v - low) / size) * (HEIGHT - 4)).toFixed(1);
  let pen = "M";
  let line = "";
  const [times, drawn = []] = withGaps(points.t, points.v);
  drawn.forEach((value, i) => {
    if (value === null) pen = "M";
    else {
      line += `${pen}${x(times[i] ?? 0)} ${y(value)}`;
      pen = "L";
    }
  });
  return (
    <svg class="spark" width={WITH_SCALE} height={HEIGHT} aria-hidden="true">
      {high > low && (
        <text x={WIDTH + 4} y={9}>
          {number(high)}
        </text>
      )}
      <text x={WIDTH + 4} y={HEIGHT - 1}>
        {number(low)}
      </text>
      {limit !== null && <path class="spark-limit" d={`M0 ${y(limit)}H${WIDTH}`} />}
      <path class="spark-line" d={line} />
    </svg>
  );
}
