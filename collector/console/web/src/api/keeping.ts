/** What the centre says of shifts, people, tokens and the audit; times are Unix milliseconds. */

import type { Incident, Language } from "./types";

export type EntryKind = "start" | "note" | "handover" | "accept" | "end";
export type ItemName = "unacknowledged" | "shelved" | "out_of_service" | "incidents" | "flagged";

export interface Shift {
  by: string;
  since_ms: number;
  handover: { to: string; notes: string; t_ms: number } | null;
}

export interface ShiftEntry {
  seq: number;
  t_ms: number;
  by: string;
  kind: EntryKind;
  text: string;
  flagged: boolean;
  corrects: number | null;
  to: string;
  of: string;
}

export interface ShiftAnswer {
  current: Shift | null;
  entries: ShiftEntry[];
  open: { unacknowledged: number; shelved: number; out_of_service: number; incidents: Incident[] };
}

export type Role = "viewer" | "dispatcher" | "engineer" | "administrator";

export interface GroupRole {
  group: string;
  role: Role;
}

export interface User {
  name: string;
  title: string;
  language: Language;
  disabled: boolean;
  roles: GroupRole[];
}

export interface Token {
  id: number;
  name: string;
  roles: GroupRole[];
  created_ms: number;
  used_ms: number | null;
}

export interface AuditLine {
  seq: number;
  t_ms: number;
  by: string;
  address: string;
  deed: string;
  target: string;
  before: unknown;
  after: unknown;
}

/** A degree of adverse weather conditions (НМУ) for a time; 0: none. */
export interface Nmu {
  degree: number;
  from_ms: number;
  to_ms: number;
  source: string;
  by: string;
  t_ms: number;
}

export interface NmuAnswer {
  current: Nmu | null;
  entries: Nmu[];
}
