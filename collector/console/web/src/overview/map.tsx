/** Sites where they stand, over whatever outlines the region has given; no tiles, nothing from elsewhere. */

import L from "leaflet";
import { useEffect, useRef } from "preact/hooks";
import { get } from "../api/http";
import { go } from "../state/route";
import { ta } from "../texts";
import { tr } from "../texts/region";
import type { Standing } from "./worst";

const SIZE = 26;
const SHAPES = [
  "M13 4a9 9 0 1 0 .01 0Z",
  "M13 1 25 13 13 25 1 13Z",
  "M13 2 25 23H1Z",
  "M3 3h20v20H3Z",
  "M13 2a11 11 0 1 0 .01 0Z",
];
/** So many sites have their names beside them; more would cover one another. */
const NAMED = 40;
const SVG = "http://www.w3.org/2000/svg";

export function SiteMap({ standings }: { standings: Standing[] }) {
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<{ map: L.Map; sites: L.LayerGroup } | null>(null);
  useEffect(() => {
    if (!box.current) return;
    const options = { preferCanvas: true, attributionControl: false, zoomSnap: 0.25 };
    const map = L.map(box.current, { ...options, fadeAnimation: false }); // names that go would be there twice
    const places = standings.map(({ site }) => place(site)).filter((at) => at !== null);
    map.fitBounds(L.latLngBounds(places).pad(0.15), { maxZoom: 14 });
    drawn.current = { map, sites: L.layerGroup().addTo(map) };
    void outlines(map);
    const watch = new ResizeObserver(() => map.invalidateSize());
    watch.observe(box.current);
    return () => {
      watch.disconnect();
      drawn.current = null;
      map.remove();
    };
  }, []);
  useEffect(() => {
    const layer = drawn.current?.sites;
    layer?.clearLayers();
    const named = standings.length <= NAMED;
    for (const one of [...standings].reverse()) if (layer) mark(one, named)?.addTo(layer);
  });
  return <div ref={box} class="map" role="region" aria-label={tr().map} />;
}

const place = ({ lat, lon }: { lat: number | null; lon: number | null }): L.LatLngTuple | null =>
  lat === null || lon === null ? null : [lat, lon];

/** Districts, rivers, streets of the region as outlines; without them the sites stand on plain ground. */
async function outlines(map: L.Map): Promise<void> {
  const found = await get<GeoJSON.FeatureCollection>("/map").catch(() => null);
  if (!found?.features.length || !map.getPane("overlayPane")) return;
  L.geoJSON(found, {
    style: { className: "outline", color: "#7d8a96", weight: 1, fillOpacity: 0.06 },
    pointToLayer: (_, at) => L.circleMarker(at, { radius: 3 }),
    onEachFeature: (feature, layer) => {
      const name: unknown = feature.properties?.name;
      if (typeof name === "string") layer.bindTooltip(text(name), { sticky: true });
    },
  }).addTo(map);
}

function mark({ site, worst, unacknowledged, active }: Standing, named: boolean): L.Marker | null {
  const at = place(site);
  if (!at) return null;
  const icon = L.divIcon({
    html: shape(worst ?? 0, unacknowledged === 0, site.stale),
    className: "site-mark",
    iconSize: [SIZE, SIZE],
  });
  const told = active ? `${site.title}: ${tr().active(active)}` : `${site.title}: ${tr().calm}`;
  const marker = L.marker(at, { icon, keyboard: true, title: named ? told : "" });
  const spoken = worst ? `${told}; ${ta().priority} ${ta().priorities[worst]}` : told;
  if (named)
    marker.bindTooltip(text(site.title), { permanent: true, className: "site-name", offset: [SIZE / 2, 0] });
  else marker.bindTooltip(text(told));
  marker.on("add", () => marker.getElement()?.setAttribute("aria-label", spoken));
  marker.on("click", () => go(`/sites/${site.site}`));
  return marker;
}

/** An element, because Leaflet takes strings for HTML. */
function text(said: string): HTMLElement {
  const element = document.createElement("span");
  element.textContent = said;
  return element;
}

function shape(priority: number, quiet: boolean, stale: boolean): HTMLElement {
  const holder = document.createElement("span");
  holder.className = `priority priority-${priority} ${quiet && priority ? "quiet" : ""} ${stale ? "stale" : ""}`;
  const svg = holder.appendChild(document.createElementNS(SVG, "svg"));
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("viewBox", "0 0 26 26");
  svg.appendChild(document.createElementNS(SVG, "path")).setAttribute("d", SHAPES[priority] ?? "");
  if (priority) {
    const number = svg.appendChild(document.createElementNS(SVG, "text"));
    number.setAttribute("x", "13");
    number.setAttribute("y", priority === 2 ? "20" : "17.5");
    number.setAttribute("text-anchor", "middle");
    number.textContent = String(priority);
  }
  return holder;
}
