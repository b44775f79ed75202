/** How well the alarm system serves its people: rates against what one person can handle, and the worst offenders. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { get } from "../api/http";
import type { Alarm, Kpi, Priority } from "../api/types";
import { Age } from "../parts/age";
import { Show, useFetched } from "../parts/fetched";
import { asOfNow, lastHours, type Period, PeriodChoice } from "../parts/period";
import { PriorityMark } from "../parts/priority";
import { language } from "../state/preferences";
import { t } from "../texts";
import { te } from "../texts/empty";
import { number, percent, span } from "../texts/formats";
import { trep } from "../texts/reports";
import { RateChart } from "./rate_chart";

/** What EEMUA 191 and ISA-18.2 are quoted with. */
const MANAGEABLE_DAY = 150;
const FLOOD_SHARE = 0.01;
const STANDING = 10;
const EVERY_MS = 60_000;

export function HealthPage() {
  const period = useSignal(lastHours(24));
  const answer = useFetched(
    () => {
      const asked = asOfNow(period.value);
      return get<Kpi>("/kpi", { ...asked, lang: language.value }).then((kpi) => ({ kpi, period: asked }));
    },
    [period.value, language.value],
    EVERY_MS,
  );
  return (
    <div class="page">
      <h1>{t().health}</h1>
      <form class="filters panel" onSubmit={(e) => e.preventDefault()}>
        <PeriodChoice period={period} hours={[8, 24, 168, 720]} />
      </form>
      <Show of={answer}>{(found) => <Figures {...found} />}</Show>
    </div>
  );
}

function Figures({ kpi, period }: { kpi: Kpi; period: Period }) {
  const ack = kpi.time_to_ack;
  return (
    <>
      <div class="figures">
        <Figure title={trep().perDay} hint={trep().perDayHint} bad={kpi.per_day > MANAGEABLE_DAY}>
          {number(Math.round(kpi.per_day * 10) / 10)}
        </Figure>
        <Figure title={trep().flood} hint={trep().floodHint} bad={kpi.time_in_flood_share > FLOOD_SHARE}>
          {percent(kpi.time_in_flood_share)}
        </Figure>
        <Figure
          title={trep().ack}
          hint={ack.p90_s === null ? "" : trep().ackHint(span(ack.p90_s * 1000), ack.n)}
          bad={false}
        >
          {ack.median_s === null ? "—" : span(ack.median_s * 1000)}
        </Figure>
        <Figure title={trep().standing} hint={trep().standingHint} bad={kpi.standing.length >= STANDING}>
          {kpi.standing.length}
        </Figure>
        <Figure title={trep().chattering} hint={trep().chatteringHint} bad={kpi.chattering.length > 0}>
          {kpi.chattering.length}
        </Figure>
      </div>
      <section class="panel">
        <h2>{trep().rate}</h2>
        <p class="hint">{trep().rateHint}</p>
        <RateChart counts={kpi.per_10min} period={period} />
      </section>
      <section class="panel">
        <h2>{trep().priorities}</h2>
        <p class="hint">{trep().prioritiesHint}</p>
        <Priorities counts={kpi.priorities} />
      </section>
      <div class="columns">
        <Top top={kpi.top} />
        <People people={kpi.by_person} />
        <Listed title={trep().standing} alarms={kpi.standing} none={te().standing} />
        <Listed title={trep().chattering} alarms={kpi.chattering} none={te().chattering} />
      </div>
    </>
  );
}

interface FigureProps {
  title: string;
  hint: string;
  bad: boolean;
  children: ComponentChildren;
}

function Figure({ title, hint, bad, children }: FigureProps) {
  return (
    <div class={`panel figure-tile ${bad ? "over" : ""}`}>
      <h3>{title}</h3>
      <strong>{children}</strong>
      <small>{hint}</small>
    </div>
  );
}

function Priorities({ counts }: { counts: number[] }) {
  const all = counts.reduce((a, b) => a + b, 0);
  return (
    <ul class="shares">
      {counts.map((n, i) => (
        <li key={`priority ${i + 1}`}>
          <PriorityMark priority={(i + 1) as Priority} /> {n} <small>{all ? percent(n / all) : "—"}</small>
        </li>
      ))}
    </ul>
  );
}

function Top({ top }: { top: Kpi["top"] }) {
  return (
    <section class="panel">
      <h2>{trep().top}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{trep().alarm}</th>
            <th scope="col" class="figure">
              {trep().times}
            </th>
          </tr>
        </thead>
        <tbody>
          {top.map((one) => (
            <tr key={one.key}>
              <td>{one.title}</td>
              <td class="figure">{one.n}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {!top.length && <p class="empty">{te().top}</p>}
    </section>
  );
}

function People({ people }: { people: Kpi["by_person"] }) {
  return (
    <section class="panel">
      <h2>{trep().people}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{trep().person}</th>
            <th scope="col" class="figure">
              {trep().acknowledged}
            </th>
            <th scope="col" class="figure">
              {trep().ack}
            </th>
          </tr>
        </thead>
        <tbody>
          {people.map(({ by, n, median_s }) => (
            <tr key={by}>
              <td>{by}</td>
              <td class="figure">{n}</td>
              <td class="figure">{median_s === null ? "—" : span(median_s * 1000)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {!people.length && <p class="empty">{te().people}</p>}
    </section>
  );
}

function Listed({ title, alarms, none }: { title: string; alarms: Alarm[]; none: string }) {
  return (
    <section class="panel">
      <h2>{title}</h2>
      <ul class="site-alarms">
        {alarms.map((alarm) => (
          <li key={alarm.key}>
            <PriorityMark priority={alarm.priority} quiet={!alarm.active} />
            <a href={`/sites/${alarm.site}`}>{`${alarm.site_title}: ${alarm.title}`}</a>
            <Age since={alarm.since_ms} />
          </li>
        ))}
      </ul>
      {!alarms.length && <p class="empty">{none}</p>}
    </section>
  );
}
