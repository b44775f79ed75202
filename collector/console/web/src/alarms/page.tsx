/** The dispatchers' page: filters, the list, and the details of one alarm beside it. */

import { useEffect } from "preact/hooks";
import { Dialog } from "../parts/dialog";
import { flood } from "../state/board";
import { t, ta } from "../texts";
import { explainRefusal } from "../texts/problems";
import { allowed, ask, asked, DEEDS, fitting, outcome } from "./actions";
import { AskDialog, deedName } from "./ask";
import { Detail } from "./detail";
import { Filters } from "./filters";
import { help, onKey } from "./keyboard";
import { AlarmList } from "./list";
import { clearSelection, grouping, isGrouped, opened, rows, selected, targets } from "./list_state";

export function AlarmsPage() {
  useEffect(() => {
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <div class={`alarms ${opened.value ? "with-detail" : ""}`}>
      <h1 class="unseen">{t().alarms}</h1>
      <FloodBanner />
      <Filters />
      <Selection />
      <Outcome />
      <div class="panes">
        <AlarmList />
        <Detail />
      </div>
      {asked.value && <AskDialog />}
      {help.value && <Help />}
    </div>
  );
}

function FloodBanner() {
  if (!flood.value) return null;
  const folded = rows.value.reduce(
    (n, row) => n + (row.kind === "incident" && !row.expanded ? row.members.length : 0),
    0,
  );
  return (
    <p class="flood" role="status">
      {ta().flood(flood.value.alarms_10min)} {isGrouped.value && folded > 0 && ta().floodHidden(folded)}
      <button type="button" onClick={() => (grouping.value = !isGrouped.value)}>
        {isGrouped.value ? ta().expandAll : ta().collapse}
      </button>
    </p>
  );
}

function Selection() {
  if (!selected.value.size) return null;
  const alarms = targets();
  return (
    <div class="selection" role="toolbar" aria-label={ta().selected(selected.value.size)}>
      <b>{ta().selected(selected.value.size)}</b>
      {DEEDS.filter((deed) => allowed(deed) && fitting(deed, alarms).length).map((deed) => (
        <button key={deed} type="button" onClick={() => ask(deed, alarms)}>
          {deedName(deed)}
        </button>
      ))}
      <button type="button" class="link" onClick={clearSelection}>
        {ta().clear}
      </button>
    </div>
  );
}

function Outcome() {
  const last = outcome.value;
  useEffect(() => {
    if (!last || last.refused.length) return;
    const timer = setTimeout(() => (outcome.value = null), 4000);
    return () => clearTimeout(timer);
  }, [last]);
  if (!last) return null;
  return (
    <div class={`outcome ${last.refused.length ? "bad" : ""}`} role="status">
      {ta().done(last.done)}
      {last.refused.length > 0 && `. ${ta().refused(last.refused.length)}`}
      {last.refused.slice(0, 3).map((refusal) => (
        <p key={refusal.key}>{explainRefusal(refusal)}</p>
      ))}
      <button type="button" class="link" onClick={() => (outcome.value = null)}>
        {t().close}
      </button>
    </div>
  );
}

function Help() {
  const keys = t().keys;
  const lines: [string, string][] = [
    ["j ↓", keys.next],
    ["k ↑", keys.previous],
    ["x", keys.select],
    ["⇧ x", keys.range],
    ["a", keys.acknowledge],
    ["s", keys.shelve],
    ["⏎ o", keys.open],
    ["/", keys.search],
    ["m", keys.silence],
    ["Esc", keys.close],
    ["?", keys.help],
  ];
  const close = () => (help.value = false);
  return (
    <Dialog title={keys.title} onClose={close}>
      <dl class="keys">
        {lines.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div class="buttons">
        <button type="button" class="main" onClick={close}>
          {t().close}
        </button>
      </div>
    </Dialog>
  );
}
