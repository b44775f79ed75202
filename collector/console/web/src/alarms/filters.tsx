/** Which alarms are wanted: view, site, priorities, text. */

import type { Priority } from "../api/types";
import { PriorityMark } from "../parts/priority";
import { t, ta } from "../texts";
import { counts, filter, grouping, isGrouped, narrow, show, sites } from "./list_state";
import type { View } from "./order";

const VIEWS: readonly View[] = ["active", "shelved", "out"];
const PRIORITIES: readonly Priority[] = [1, 2, 3, 4];

export function Filters() {
  const now = filter.value;
  return (
    <form class="filters" role="search" onSubmit={(e) => e.preventDefault()}>
      <div class="tabs" role="group" aria-label={ta().view}>
        {VIEWS.map((view) => (
          <button key={view} type="button" aria-pressed={now.view === view} onClick={() => show(view)}>
            {ta().views[view]}
          </button>
        ))}
      </div>
      <input
        type="search"
        aria-label={t().search}
        placeholder={ta().searchHint}
        value={now.text}
        onInput={(e) => narrow({ text: e.currentTarget.value })}
      />
      <select
        aria-label={ta().site}
        value={now.site}
        onChange={(e) => narrow({ site: e.currentTarget.value })}
      >
        <option value="">{`${ta().site}: ${t().all}`}</option>
        {sites.value.map(([site, title]) => (
          <option key={site} value={site}>
            {title}
          </option>
        ))}
      </select>
      <div class="priorities" role="group" aria-label={ta().priority}>
        {PRIORITIES.map((priority) => (
          <button
            key={priority}
            type="button"
            aria-pressed={now.priorities.has(priority)}
            onClick={() => narrow({ priorities: toggled(now.priorities, priority) })}
          >
            <PriorityMark priority={priority} />
          </button>
        ))}
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={now.unacknowledged}
          onChange={(e) => narrow({ unacknowledged: e.currentTarget.checked })}
        />
        {ta().onlyUnacknowledged}
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={isGrouped.value}
          onChange={(e) => (grouping.value = e.currentTarget.checked)}
        />
        {ta().grouped}
      </label>
      <output>
        {ta().count(counts.value.shown, counts.value.all)}
        {counts.value.urgent > 0 && <b>{ta().toAcknowledge(counts.value.urgent)}</b>}
      </output>
    </form>
  );
}

function toggled(set: ReadonlySet<Priority>, one: Priority): ReadonlySet<Priority> {
  const next = new Set(set);
  if (!next.delete(one)) next.add(one);
  return next;
}
