/** The drawing of a trend: mean, extremes, the usual band, alarms as marks along the top. */

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Trend } from "../api/types";
import { withGaps } from "../parts/gaps";
import { isDark, language } from "../state/preferences";
import { zone } from "../state/session";
import { date, hours, number, symbol } from "../texts/formats";
import { tj } from "../texts/journal";
import { tr } from "../texts/region";

const HEIGHT = 260;
/** The colours of the legend by series: mean, extremes, usual. */
const LEGEND: Record<number, string> = { 1: "--text", 2: "--band", 4: "--usual" };
/** So few readings are drawn as dots too. */
const FEW = 40;
const DAY_S = 86_400;

export interface Span {
  from_ms: number;
  to_ms: number;
}

type Zoom = (fromMs: number, toMs: number) => void;

interface Props {
  trend: Trend;
  /** What was asked for: the drawing is as long, whatever came. */
  period: Span;
  zoom: Zoom;
}

export function TrendChart({ trend, period, zoom }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const place = box.current;
    if (!place) return;
    const chart = new uPlot(options(trend, period, place.clientWidth, zoom), data(trend), place);
    const watch = new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: HEIGHT }));
    watch.observe(place);
    return () => {
      watch.disconnect();
      chart.destroy();
    };
  }, [trend, language.value, isDark()]);
  return <div ref={box} class="chart" role="img" aria-label={`${trend.title}, ${symbol(trend.unit)}`} />;
}

const seconds = (times: number[]): number[] => times.map((ms) => ms / 1000);

function data(trend: Trend): uPlot.AlignedData {
  const [times, ...values] = withGaps(trend.t, trend.mean, trend.min, trend.max);
  const own: uPlot.AlignedData = [seconds(times), ...values];
  const usual = trend.expected;
  return usual ? uPlot.join([own, [seconds(usual.t), usual.low, usual.high]]) : own;
}

function options(trend: Trend, period: Span, width: number, zoom: Zoom): uPlot.Options {
  const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const shown = (_: uPlot, value: number | null) => (value === null ? "—" : number(value));
  const none = { label: "", stroke: "transparent", points: { show: false }, value: shown } as const;
  const series: uPlot.Series[] = [
    { value: (_, s) => (s === null ? "—" : `${date(s * 1000)} ${hours(s * 1000)}`), label: tj().time },
    {
      label: tr().mean,
      stroke: colour("--text"),
      width: 1.5,
      points: { show: trend.t.length < FEW },
      value: shown,
    },
    { ...none, label: tr().extremes },
    none,
  ];
  const bands: uPlot.Band[] = [{ series: [3, 2], fill: colour("--band") }];
  if (trend.expected) {
    series.push({ ...none, label: tr().expected, spanGaps: true }, { ...none, spanGaps: true });
    bands.push({ series: [5, 4], fill: colour("--usual") });
  }
  const axis = {
    font: '12px "Noto Sans", sans-serif',
    stroke: colour("--muted"),
    grid: { stroke: colour("--line"), width: 0.5 },
    ticks: { show: false },
  };
  return {
    width,
    height: HEIGHT,
    tzDate: (s) => uPlot.tzDate(new Date(s * 1000), zone()),
    legend: { live: true, markers: { width: 0, fill: (_, i) => colour(LEGEND[i] ?? "--panel") } },
    cursor: { drag: { x: true, y: false, setScale: false } },
    scales: { x: { range: [period.from_ms / 1000, period.to_ms / 1000] } },
    series,
    bands,
    axes: [
      { ...axis, space: 90, values: (_, ticks) => ticks.map((s) => tick(s, period)) },
      { ...axis, label: symbol(trend.unit), size: 60, values: (_, ticks) => ticks.map(number) },
    ],
    hooks: {
      draw: [(chart) => marks(chart, trend, period, colour)],
      setSelect: [(chart) => selected(chart, zoom)],
    },
  };
}

function tick(s: number, { from_ms, to_ms }: Span): string {
  return to_ms - from_ms > 3 * DAY_S * 1000 ? date(s * 1000) : hours(s * 1000);
}

function selected(chart: uPlot, zoom: Zoom): void {
  const { left, width } = chart.select;
  if (width < 5) return;
  zoom(Math.round(chart.posToVal(left, "x") * 1000), Math.round(chart.posToVal(left + width, "x") * 1000));
}

/** Each alarm as a bar from its beginning to its end, with its priority as a number. */
function marks(chart: uPlot, trend: Trend, period: Span, colour: (name: string) => string): void {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `600 ${11 * ratio}px "Noto Sans", sans-serif`;
  for (const alarm of trend.alarms) {
    const from = Math.max(chart.valToPos(alarm.from_ms / 1000, "x", true), bbox.left);
    const to = Math.min(
      chart.valToPos((alarm.to_ms ?? period.to_ms) / 1000, "x", true),
      bbox.left + bbox.width,
    );
    if (to < bbox.left || from > bbox.left + bbox.width) continue;
    ctx.globalAlpha = 0.12;
    ctx.fillStyle = colour(`--p${alarm.priority}`);
    ctx.fillRect(from, bbox.top, Math.max(to - from, 2), bbox.height);
    ctx.globalAlpha = 1;
    ctx.fillRect(from, bbox.top, Math.max(to - from, 2), 4 * ratio);
    ctx.fillStyle = colour("--text");
    ctx.fillText(String(alarm.priority), from + 3 * ratio, bbox.top + 16 * ratio);
  }
  ctx.restore();
}
