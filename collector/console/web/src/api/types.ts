/** What the centre says, as its HTTP interface has it; times are Unix milliseconds. */

export type Language = "ru" | "kk" | "en";
export type Priority = 1 | 2 | 3 | 4;

export type AlarmState =
  | "normal"
  | "unacknowledged"
  | "acknowledged"
  | "returned"
  | "latched_unacknowledged"
  | "latched"
  | "shelved"
  | "suppressed"
  | "out_of_service";

export type Action = "acknowledge" | "reset" | "shelve" | "suppress" | "remove" | "release";

export interface Me {
  name: string;
  title: string;
  language: Language;
  csrf: string;
  roles: { group: string; role: string }[];
  actions: string[];
  everywhere: string[];
  expires_ms: number;
  server_ms: number;
  zone: string;
}

export interface Health {
  version: string;
  oidc: boolean;
  languages: Language[];
  newest_seq: number;
  streams: number;
}

export interface Aside {
  by: string;
  since_ms: number;
  until_ms: number | null;
  reason: string;
}

export interface Signed {
  by: string;
  t_ms: number;
  comment: string;
}

export interface Alarm {
  key: string;
  occurrence: string;
  site: string;
  site_title: string;
  group: string;
  gateway: string;
  device: string | null;
  channel: string | null;
  point: string | null;
  link: string | null;
  code: string;
  state: AlarmState;
  active: boolean;
  priority: Priority;
  aside: Aside | null;
  acknowledged: Signed | null;
  since_ms: number;
  changed_ms: number;
  seq: number;
  /** 0: it belongs to none. */
  incident: number;
  chattering: boolean;
  standing: boolean;
  suspect: string | null;
  false: Signed | null;
  value: number | null;
  limit: number | null;
  expected: number | null;
  unit: string | null;
  title: string;
  happened: string;
  evidence: string;
  check: string;
  cause: string | null;
  consequence: string | null;
  action: string | null;
}

export interface Incident {
  id: number;
  kind: string;
  sites: string[];
  first_ms: number;
  last_ms: number;
  urgent: boolean;
  alarms: number;
  unacknowledged: number;
  title: string;
}

export interface Flood {
  since_ms: number;
  alarms_10min: number;
  incidents: number[];
  hidden: number;
}

export interface AlarmsAnswer {
  seq: number;
  server_ms: number;
  alarms: Alarm[];
  incidents: Incident[];
  flood: Flood | null;
}

export interface JournalLine {
  seq: number;
  t_ms: number;
  key: string;
  site: string;
  trigger: string | null;
  before: AlarmState;
  after: AlarmState;
  occurrence: string;
  by: string;
  address: string;
  comment: string;
  until_ms: number | null;
  code: string | null;
  title: string;
  happened: string;
}

export interface Refusal {
  key: string;
  code: string;
  params: Record<string, string | number | null>;
  detail: string;
}

export interface Headline {
  channel: string;
  title: string;
  value: number | string | null;
  unit: string;
  quality: string | null;
  t_ms: number | null;
}

export interface GatewayState {
  gateway: string;
  state: string;
  newest_ms: number | null;
  mode: string | null;
  learning: { seen: number; needed: number } | null;
}

export interface Site {
  site: string;
  title: string;
  group: string;
  class: string;
  lat: number | null;
  lon: number | null;
  gateways: GatewayState[];
  newest_ms: number | null;
  stale: boolean;
  worst_priority: Priority | null;
  unacknowledged: number;
  active: number;
  headline: Headline[];
}

export interface ChannelValue extends Headline {
  quantity: string;
  low: number | null;
  high: number | null;
  point: string;
}

export interface DeviceValues {
  device: string;
  model: string;
  link: string;
  period_s: number;
  gateway: string;
  channels: ChannelValue[];
}

export interface SiteDetail extends Site {
  devices: DeviceValues[];
  alarms: Alarm[];
}

export interface Trend {
  point: string;
  unit: string;
  title: string;
  t: number[];
  mean: (number | null)[];
  min: (number | null)[];
  max: (number | null)[];
  expected: { t: number[]; low: (number | null)[]; high: (number | null)[] } | null;
  alarms: { key: string; priority: Priority; from_ms: number; to_ms: number | null; title: string }[];
  every_ms: number;
}

export interface Sparkline {
  t: number[];
  v: (number | null)[];
}

/** How long alarms waited for somebody to acknowledge. */
export interface Promptness {
  median_s: number | null;
  p90_s: number | null;
  n: number;
}

export interface Kpi {
  /** Only those in which an alarm called. */
  per_10min: { t_ms: number; n: number }[];
  per_day: number;
  time_in_flood_share: number;
  top: { key: string; title: string; n: number }[];
  standing: Alarm[];
  chattering: Alarm[];
  time_to_ack: Promptness;
  priorities: [number, number, number, number];
  by_person: (Promptness & { by: string })[];
}

/** What the stream brings; a name that is not here is passed over. */
export type FeedEvent =
  | { name: "alarm"; data: { seq: number; alarm: Alarm } }
  | { name: "flags"; data: { key: string; chattering: boolean; standing: boolean } }
  | { name: "incident"; data: Incident }
  | { name: "flood"; data: Flood | null }
  | { name: "beat"; data: { server_ms: number; seq: number } }
  | { name: "reload"; data: Record<string, never> };
