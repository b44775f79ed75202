/** One site in short: how it stands, its most telling values, and whether they are fresh. */

import type { Headline, Site } from "../api/types";
import { PriorityMark } from "../parts/priority";
import { now } from "../state/clock";
import { span, withUnit } from "../texts/formats";
import { isBad, quality } from "../texts/quality";
import { gatewayLine, tr } from "../texts/region";
import type { Standing } from "./worst";

export function Tile({ standing }: { standing: Standing }) {
  const { site, worst, unacknowledged, active } = standing;
  return (
    <li class={`tile ${site.stale ? "stale" : ""} ${unacknowledged ? "urgent" : ""}`}>
      <h2>
        {worst && <PriorityMark priority={worst} quiet={!unacknowledged} />}
        <a href={`/sites/${site.site}`}>{site.title || site.site}</a>
      </h2>
      <p class="counts">
        {active ? tr().active(active) : tr().calm}
        {unacknowledged > 0 && <b>{tr().open(unacknowledged)}</b>}
      </p>
      {site.stale && <p class="no-data">{staleness(site)}</p>}
      <Gateways site={site} />
      <dl>
        {site.headline.map((one) => (
          <Value key={one.channel} of={one} />
        ))}
      </dl>
    </li>
  );
}

export function staleness(site: Site): string {
  return site.newest_ms === null ? tr().neverData : tr().noData(span(now.value - site.newest_ms));
}

function Gateways({ site }: { site: Site }) {
  const troubled = site.gateways.filter(({ state }) => state !== "online");
  return (
    <>
      {troubled.map((gateway) => (
        <p key={gateway.gateway} class="gateway">
          {gatewayLine(gateway)}
        </p>
      ))}
    </>
  );
}

function Value({ of }: { of: Headline }) {
  return (
    <div>
      <dt>{of.title || of.channel}</dt>
      <dd class={isBad(of.quality) ? "bad" : ""} title={quality(of.quality)}>
        {isBad(of.quality) ? quality(of.quality) : withUnit(of.value, of.unit)}
      </dd>
    </div>
  );
}
