/** Where nothing was measured the line breaks: an empty value is put between points that lie too far apart; pure. */

const TOO_FAR = 3;

/** After which points nothing came for three times the usual distance. */
export function gapsAfter(times: readonly number[]): number[] {
  const steps = times.slice(1).map((t, i) => t - (times[i] ?? t));
  const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  return steps.flatMap((step, i) => (step > TOO_FAR * usual ? [i] : []));
}

/** The times with one more behind each gap's beginning, and the same for values, which are empty there. */
export function withGaps(
  times: readonly number[],
  ...values: readonly (readonly (number | null)[])[]
): [number[], ...(number | null)[][]] {
  const gaps = new Set(gapsAfter(times));
  const broken = times.flatMap((t, i) => (gaps.has(i) ? [t, t + 1] : [t]));
  const spread = (one: readonly (number | null)[]) => one.flatMap((v, i) => (gaps.has(i) ? [v, null] : [v]));
  return [broken, ...values.map(spread)];
}
