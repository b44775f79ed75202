/** All sites at a glance: a map where there are places, tiles with the worst first. */

import { get } from "../api/http";
import type { Site } from "../api/types";
import { Show, useFetched } from "../parts/fetched";
import { alarms } from "../state/board";
import { language } from "../state/preferences";
import { t } from "../texts";
import { tr } from "../texts/region";
import { SiteMap } from "./map";
import { Tile } from "./tile";
import { standings } from "./worst";

const EVERY_MS = 15_000;

export function OverviewPage() {
  const answer = useFetched(
    () => get<{ sites: Site[] }>("/sites", { lang: language.value }),
    [language.value],
    EVERY_MS,
  );
  return (
    <div class="page overview">
      <h1 class="unseen">{t().overview}</h1>
      <Show of={answer}>{({ sites }) => <Sites sites={sites} />}</Show>
    </div>
  );
}

function Sites({ sites }: { sites: Site[] }) {
  const all = standings(sites, alarms());
  const placed = all.some(({ site }) => site.lat !== null && site.lon !== null);
  return (
    <div class={`sites ${placed ? "with-map" : ""}`}>
      {placed && <SiteMap standings={all} />}
      {all.length ? (
        <ul class="tiles">
          {all.map((one) => (
            <Tile key={one.site.site} standing={one} />
          ))}
        </ul>
      ) : (
        <p class="empty">{tr().noSites}</p>
      )}
    </div>
  );
}
