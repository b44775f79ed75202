/** All that is known of one alarm, and what can be done about it. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../api/http";
import type { Alarm, JournalLine } from "../api/types";
import { Age } from "../parts/age";
import { PriorityMark } from "../parts/priority";
import { Sparkline } from "../parts/sparkline";
import { alarm as known } from "../state/board";
import { language } from "../state/preferences";
import { sparkline } from "../state/sparklines";
import { t, ta } from "../texts";
import { moment, withUnit } from "../texts/formats";
import { line } from "../texts/journal";
import { allowed, ask, DEEDS, fitting } from "./actions";
import { deedName } from "./ask";
import { opened } from "./list_state";
import { Flags } from "./row";

export function Detail() {
  const alarm = known(opened.value);
  if (!alarm) return null;
  return (
    <aside class="detail" aria-label={ta().details}>
      <header>
        <PriorityMark priority={alarm.priority} />
        <h2>{alarm.title}</h2>
        <button type="button" class="icon" aria-label={t().close} onClick={() => (opened.value = "")}>
          <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d="M3 3l10 10M13 3 3 13" />
          </svg>
        </button>
      </header>
      <p class="summary">
        <b>{ta().states[alarm.state]}</b> <Age since={alarm.since_ms} /> <Flags alarm={alarm} />
      </p>
      <Deeds alarm={alarm} />
      <p class="happened">{alarm.happened}</p>
      <Measured alarm={alarm} />
      <Part title={ta().action} text={alarm.action} />
      <Part title={ta().cause} text={alarm.cause} />
      <Part title={ta().consequence} text={alarm.consequence} />
      <Part title={ta().check} text={alarm.check} />
      <Part title={ta().evidence} text={alarm.evidence} />
      <Part title={ta().suspect} text={alarm.suspect} />
      <Facts alarm={alarm} />
      <History alarm={alarm} />
    </aside>
  );
}

export function Deeds({ alarm }: { alarm: Alarm }) {
  const deeds = DEEDS.filter((deed) => allowed(deed) && fitting(deed, [alarm]).length);
  return (
    <div class="deeds">
      {deeds.map((deed) => (
        <button
          key={deed}
          type="button"
          class={deed === "acknowledge" ? "main" : ""}
          onClick={() => ask(deed, [alarm])}
        >
          {deedName(deed)}
        </button>
      ))}
    </div>
  );
}

function Measured({ alarm }: { alarm: Alarm }) {
  if (alarm.value === null && !alarm.point) return null;
  return (
    <div class="measured">
      <strong>{withUnit(alarm.value, alarm.unit)}</strong>
      <span>
        {alarm.limit !== null && `${ta().limit} ${withUnit(alarm.limit, alarm.unit)}`}
        {alarm.limit === null &&
          alarm.expected !== null &&
          `${ta().expected} ${withUnit(alarm.expected, alarm.unit)}`}
      </span>
      <Sparkline points={sparkline(alarm.point)} limit={alarm.limit} />
    </div>
  );
}

function Part({ title, text }: { title: string; text: string | null }) {
  if (!text) return null;
  return (
    <section>
      <h3>{title}</h3>
      <p>{text}</p>
    </section>
  );
}

function Facts({ alarm }: { alarm: Alarm }) {
  const place = [alarm.gateway, alarm.link, alarm.device, alarm.channel].filter(Boolean).join(" / ");
  return (
    <dl>
      <dt>{ta().site}</dt>
      <dd>
        <a href={`/sites/${alarm.site}`}>{alarm.site_title || alarm.site}</a>
      </dd>
      <dt>{ta().place}</dt>
      <dd>{place}</dd>
      <dt>{ta().began}</dt>
      <dd>{moment(alarm.since_ms)}</dd>
      {alarm.acknowledged && (
        <>
          <dt>{ta().acknowledgedBy}</dt>
          <dd>
            {ta().by(alarm.acknowledged.by, moment(alarm.acknowledged.t_ms))}
            <q>{alarm.acknowledged.comment}</q>
          </dd>
        </>
      )}
      {alarm.aside && (
        <>
          <dt>{ta().states[alarm.state]}</dt>
          <dd>
            {ta().by(alarm.aside.by, moment(alarm.aside.since_ms))}
            {alarm.aside.until_ms !== null && `, ${ta().till(moment(alarm.aside.until_ms))}`}
            <q>{alarm.aside.reason}</q>
          </dd>
        </>
      )}
    </dl>
  );
}

function History({ alarm }: { alarm: Alarm }) {
  const lines = useSignal<JournalLine[]>([]);
  useEffect(() => {
    let wanted = true;
    get<{ journal: JournalLine[] }>("/alarm", { key: alarm.key, lang: language.value }).then(
      (answer) => {
        if (wanted) lines.value = answer.journal;
      },
      () => undefined, // the alarm itself is here; its history is asked for again with its next change
    );
    return () => {
      wanted = false;
    };
  }, [alarm.key, alarm.seq, language.value]);
  if (!lines.value.length) return null;
  return (
    <section>
      <h3>{ta().history}</h3>
      <ol class="history">
        {lines.value.map((one) => (
          <li key={one.seq}>
            <time>{moment(one.t_ms)}</time> {line(one)}
            {one.comment && <q>{one.comment}</q>}
          </li>
        ))}
      </ol>
    </section>
  );
}
