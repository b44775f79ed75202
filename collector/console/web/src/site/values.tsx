/** The channels of one instrument: value, where it lies in its range, how good and how old it is. */

import type { ChannelValue, DeviceValues } from "../api/types";
import { Sparkline } from "../parts/sparkline";
import { now } from "../state/clock";
import { sparkline } from "../state/sparklines";
import { clock, number, span, withUnit } from "../texts/formats";
import { isBad, isUncertain, quality } from "../texts/quality";
import { tr } from "../texts/region";

const PERIODS = 3;
const LEAST_MS = 150_000;

interface Props {
  device: DeviceValues;
  chosen: string;
  choose: (point: string) => void;
}

export function DeviceTable({ device, chosen, choose }: Props) {
  return (
    <div class="scroll device">
      <table>
        <caption>
          <b>{device.device}</b> {device.model} <small>{tr().everyS(span(device.period_s * 1000))}</small>
        </caption>
        <thead>
          <tr>
            <th scope="col">{tr().channel}</th>
            <th scope="col" class="figure">
              {tr().value}
            </th>
            <th scope="col">{tr().range}</th>
            <th scope="col">{tr().course}</th>
            <th scope="col">{tr().quality}</th>
            <th scope="col">{tr().taken}</th>
          </tr>
        </thead>
        <tbody>
          {device.channels.map((channel) => (
            <Channel
              key={channel.channel}
              of={channel}
              periodS={device.period_s}
              chosen={chosen}
              choose={choose}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface ChannelProps {
  of: ChannelValue;
  periodS: number;
  chosen: string;
  choose: (point: string) => void;
}

function Channel({ of, periodS, chosen, choose }: ChannelProps) {
  const age = of.t_ms === null ? null : now.value - of.t_ms;
  const stale = age === null || age > Math.max(PERIODS * periodS * 1000, LEAST_MS);
  const condition = stale ? "stale" : isBad(of.quality) ? "bad" : isUncertain(of.quality) ? "uncertain" : "";
  return (
    <tr class={`${condition} ${chosen === of.point ? "chosen" : ""}`}>
      <th scope="row">
        <button
          type="button"
          class="link"
          aria-pressed={chosen === of.point}
          onClick={() => choose(of.point)}
        >
          {of.title || of.channel}
        </button>
      </th>
      <td class="figure">
        <b>{withUnit(of.value, of.unit)}</b>
      </td>
      <td>
        <Range of={of} />
      </td>
      <td>
        <Sparkline points={sparkline(of.point)} limit={null} />
      </td>
      <td>{stale ? (age === null ? tr().neverData : tr().noData(span(age))) : quality(of.quality)}</td>
      <td>{of.t_ms !== null && clock(of.t_ms)}</td>
    </tr>
  );
}

/** Where the value lies between the lowest and the highest that is valid. */
function Range({ of: { value, low, high } }: { of: ChannelValue }) {
  if (low === null || high === null || high <= low) return null;
  const share = typeof value === "number" ? Math.min(1, Math.max(0, (value - low) / (high - low))) : null;
  return (
    <span class="range" title={`${number(low)}…${number(high)}`}>
      <small>{number(low)}</small>
      <svg width="80" height="10" aria-hidden="true">
        <rect x="0" y="3" width="80" height="4" />
        {share !== null && <path d={`M${(share * 76 + 2).toFixed(1)} 0v10`} />}
      </svg>
      <small>{number(high)}</small>
    </span>
  );
}
