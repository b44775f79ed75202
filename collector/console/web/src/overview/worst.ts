/** Sites in the order of how much they need somebody, with the alarms as they are now; pure. */

import { isIn, isUrgent } from "../alarms/order";
import type { Alarm, Priority, Site } from "../api/types";

export interface Standing {
  site: Site;
  worst: Priority | null;
  unacknowledged: number;
  active: number;
}

/** The list of sites is some seconds old, the alarms are not: they decide. */
export function standings(sites: Site[], alarms: Iterable<Alarm>): Standing[] {
  const bySite = new Map(
    sites.map((site) => [site.site, { site, worst: null, unacknowledged: 0, active: 0 } as Standing]),
  );
  for (const alarm of alarms) {
    const found = bySite.get(alarm.site);
    if (!found || !isIn("active", alarm)) continue;
    found.active += 1;
    found.unacknowledged += Number(isUrgent(alarm));
    if (found.worst === null || alarm.priority < found.worst) found.worst = alarm.priority;
  }
  return [...bySite.values()].sort(worse);
}

function worse(a: Standing, b: Standing): number {
  return (
    Number(b.unacknowledged > 0) - Number(a.unacknowledged > 0) ||
    (a.worst ?? 9) - (b.worst ?? 9) ||
    Number(b.site.stale) - Number(a.site.stale) ||
    b.active - a.active ||
    a.site.title.localeCompare(b.site.title)
  );
}
