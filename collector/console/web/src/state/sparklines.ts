/** Sparklines of the points that are in sight: asked for together, kept for a minute. */

import { signal } from "@preact/signals";
import { get } from "../api/http";
import type { Sparkline } from "../api/types";

const KEPT_MS = 60_000;
const TOGETHER_MS = 120;
const MOST = 60;

const known = new Map<string, { at: number; line: Sparkline | undefined }>();
const wanted = new Set<string>();
const version = signal(0);
let timer = 0;

export function sparkline(point: string | null): Sparkline | undefined {
  version.value;
  if (!point) return undefined;
  const found = known.get(point);
  if (!found || Date.now() - found.at > KEPT_MS) want(point);
  return found?.line;
}

function want(point: string): void {
  wanted.add(point);
  if (!timer) timer = setTimeout(fetchWanted, TOGETHER_MS) as unknown as number;
}

async function fetchWanted(): Promise<void> {
  timer = 0;
  const points = [...wanted].slice(0, MOST);
  wanted.clear();
  for (const point of points) known.set(point, { at: Date.now(), line: known.get(point)?.line });
  try {
    const answer = await get<{ points: Record<string, Sparkline> }>("/sparklines", {
      points: points.join(","),
    });
    for (const point of points) known.set(point, { at: Date.now(), line: answer.points[point] });
    version.value++;
  } catch {
    // A list without little pictures is still the list; they are asked for again in a minute.
  }
}
