/** What happened to every alarm: who did what when, searched and read back as far as the journal goes. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { sites } from "../alarms/list_state";
import { get } from "../api/http";
import type { JournalLine } from "../api/types";
import { asOfNow, lastHours, PeriodChoice } from "../parts/period";
import { language } from "../state/preferences";
import { t, ta } from "../texts";
import { te } from "../texts/empty";
import { moment } from "../texts/formats";
import { happening, tj } from "../texts/journal";
import { explain } from "../texts/problems";

const AT_ONCE = 100;
const TYPING_MS = 250;

interface Answer {
  lines: JournalLine[];
  next_before: number | null;
}

export function JournalPage() {
  const period = useSignal(lastHours(8));
  const site = useSignal("");
  const by = useSignal("");
  const text = useSignal("");
  const lines = useSignal<JournalLine[]>([]);
  const next = useSignal<number | null>(null);
  const state = useSignal<"loading" | "here" | string>("loading");
  const load = async (before: number | null, wanted: () => boolean) => {
    const filter = { ...asOfNow(period.value), site: site.value, by: by.value, q: text.value };
    try {
      const answer = await get<Answer>("/journal", {
        ...filter,
        before,
        limit: AT_ONCE,
        lang: language.value,
      });
      if (!wanted()) return;
      lines.value = before === null ? answer.lines : [...lines.value, ...answer.lines];
      next.value = answer.next_before;
      // A page of the journal in which nothing fits is no end of it.
      if (!answer.lines.length && answer.next_before !== null) await load(answer.next_before, wanted);
      else state.value = "here";
    } catch (error) {
      if (wanted()) state.value = explain(error);
    }
  };
  useEffect(() => {
    let wanted = true;
    const timer = setTimeout(() => void load(null, () => wanted), TYPING_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [period.value, site.value, by.value, text.value, language.value]);
  return (
    <div class="page">
      <h1>{t().journal}</h1>
      <form class="filters panel" role="search" onSubmit={(e) => e.preventDefault()}>
        <PeriodChoice period={period} hours={[8, 24, 168, 720]} />
        <label>
          {ta().site}
          <select value={site.value} onChange={(e) => (site.value = e.currentTarget.value)}>
            <option value="">{t().all}</option>
            {sites.value.map(([name, title]) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <label>
          {tj().who}
          <input value={by.value} onInput={(e) => (by.value = e.currentTarget.value)} />
        </label>
        <label>
          {t().search}
          <input type="search" value={text.value} onInput={(e) => (text.value = e.currentTarget.value)} />
        </label>
      </form>
      {state.value === "loading" && <p class="empty loading">{t().loading}</p>}
      {state.value === "here" && !lines.value.length && <p class="empty">{te().journal}</p>}
      {state.value !== "loading" && state.value !== "here" && (
        <p class="trouble" role="alert">
          {state.value}
        </p>
      )}
      {lines.value.length > 0 && <Lines lines={lines.value} />}
      {next.value !== null && (
        <button type="button" onClick={() => void load(next.value, () => true)}>
          {t().more}
        </button>
      )}
    </div>
  );
}

function Lines({ lines }: { lines: JournalLine[] }) {
  const titles = new Map(sites.value);
  return (
    <div class="scroll panel">
      <table class="journal">
        <thead>
          <tr>
            <th scope="col">{tj().time}</th>
            <th scope="col">{ta().site}</th>
            <th scope="col">{tj().alarm}</th>
            <th scope="col">{tj().event}</th>
            <th scope="col">{tj().who}</th>
            <th scope="col">{tj().comment}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.seq}>
              <td class="time">{moment(line.t_ms)}</td>
              <td>{titles.get(line.site) ?? line.site}</td>
              <td title={line.happened}>{line.title}</td>
              <td>
                {happening(line.trigger)} {line.until_ms ? tj().till(moment(line.until_ms)) : ""}
              </td>
              <td>{line.by}</td>
              <td class="said">{line.comment}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
