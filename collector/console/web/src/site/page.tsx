/** One site: its alarms, what its instruments measure now, and the course of any of it. */

import { useSignal } from "@preact/signals";
import { opened } from "../alarms/list_state";
import { compare, isIn } from "../alarms/order";
import { get } from "../api/http";
import type { SiteDetail } from "../api/types";
import { staleness } from "../overview/tile";
import { Age } from "../parts/age";
import { Show, useFetched } from "../parts/fetched";
import { PriorityMark } from "../parts/priority";
import { alarms } from "../state/board";
import { language } from "../state/preferences";
import { go, query } from "../state/route";
import { ta } from "../texts";
import { te } from "../texts/empty";
import { gatewayLine, tr } from "../texts/region";
import { TrendPanel } from "./trend_panel";
import { DeviceTable } from "./values";

const EVERY_MS = 10_000;

export function SitePage({ site }: { site: string }) {
  const answer = useFetched(
    () => get<SiteDetail>(`/sites/${encodeURIComponent(site)}`, { lang: language.value }),
    [site, language.value],
    EVERY_MS,
  );
  return (
    <div class="page site">
      <Show of={answer}>{(found) => <Site of={found} />}</Show>
    </div>
  );
}

function Site({ of }: { of: SiteDetail }) {
  const wanted = query.value.get("point") ?? "";
  const first = of.devices.flatMap((device) => device.channels)[0]?.point ?? "";
  const point = useSignal(wanted || first);
  const choose = (chosen: string) => {
    point.value = chosen;
    go(`/sites/${of.site}?point=${encodeURIComponent(chosen)}`, true);
  };
  return (
    <>
      <header class={`panel ${of.stale ? "stale" : ""}`}>
        <h1>{of.title || of.site}</h1>
        {of.stale && <p class="no-data">{staleness(of)}</p>}
        {of.gateways.map((gateway) => (
          <p key={gateway.gateway} class="gateway">
            {gatewayLine(gateway)}
          </p>
        ))}
      </header>
      <Alarms site={of.site} />
      {point.value && <TrendPanel point={point.value} />}
      <section class="panel">
        <h2>{tr().instruments}</h2>
        {of.devices.map((device) => (
          <DeviceTable
            key={`${device.gateway} ${device.device}`}
            device={device}
            chosen={point.value}
            choose={choose}
          />
        ))}
        {!of.devices.length && <p class="empty">{te().instruments}</p>}
      </section>
    </>
  );
}

function Alarms({ site }: { site: string }) {
  const found = [...alarms()].filter((alarm) => alarm.site === site && isIn("active", alarm)).sort(compare);
  if (!found.length) return null;
  return (
    <section class="panel">
      <h2>{tr().alarmsHere}</h2>
      <ul class="site-alarms">
        {found.slice(0, 20).map((alarm) => (
          <li key={alarm.key}>
            <PriorityMark priority={alarm.priority} quiet={!alarm.active} />
            <a href="/" onClick={() => (opened.value = alarm.key)}>
              {alarm.title}
            </a>
            <Age since={alarm.since_ms} />
            <small>{ta().states[alarm.state]}</small>
          </li>
        ))}
      </ul>
    </section>
  );
}
