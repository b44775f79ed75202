/** What the centre says of webhooks and of messages to people; times are Unix milliseconds. */

export type WebhookState = "new" | "working" | "failing" | "disabled";
export type DeliveryState = "waiting" | "done" | "dead";

export interface Webhook {
  id: number;
  url: string;
  /** Where the secret is found; null: it was drawn by the centre. */
  secret: string | null;
  filter: { sites: string[]; codes: string[]; priority: number };
  state: WebhookState;
  failing_ms: number | null;
  said: string;
  disabled: string;
  waiting: number;
  dead: number;
}

export interface Delivery {
  id: number;
  webhook: number;
  number: string;
  /** The alarm; of a test its number. */
  subject: string;
  state: DeliveryState;
  created_ms: number;
  attempts: number;
  next_ms: number;
  said: string;
}

/** One message to one channel of a person. */
export interface Sent {
  id: number;
  person: string;
  channel: string;
  title: string;
  body: string;
  alarms: string[];
  state: DeliveryState;
  decided_ms: number;
  attempts: number;
  done_ms: number | null;
  next_ms: number | null;
  said: string;
}
