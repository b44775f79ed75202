/** One way to ask the centre: JSON in and out, the session kept alive, refusals as typed errors. */

import { signal } from "@preact/signals";

const BASE = "/api/v1";

/** A refusal after RFC 9457; `code` is what the console has a sentence for. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly params: Record<string, string | number | null>,
    readonly detail: string,
  ) {
    super(detail);
  }
}

/** The centre cannot be reached. */
export class Unreachable extends Error {}

/** Goes with every request that changes something. */
export const csrf = signal("");

/** True while somebody has to log in again; requests wait for it. */
export const expired = signal(false);

const waiting: (() => void)[] = [];

let person = "";

/** The person is back: what waited goes on. */
export function loggedIn(token: string, name: string): void {
  person = name;
  csrf.value = token;
  expired.value = false;
  for (const go of waiting.splice(0)) go();
}

type Query = Record<string, string | number | null | undefined>;

export function address(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `${BASE}${path}${text && `?${text}`}`;
}

export const get = <T>(path: string, query: Query = {}): Promise<T> => ask<T>("GET", address(path, query));
export const post = <T>(path: string, body: unknown = {}, query: Query = {}): Promise<T> =>
  ask<T>("POST", address(path, query), body);
export const put = <T>(path: string, body: unknown): Promise<T> => ask<T>("PUT", address(path), body);
export const patch = <T>(path: string, body: unknown): Promise<T> => ask<T>("PATCH", address(path), body);
export const remove = <T>(path: string): Promise<T> => ask<T>("DELETE", address(path));

/** Like the others, but a missing session is an answer, not a dialog. */
export const getOnce = <T>(path: string): Promise<T> => once<T>("GET", address(path));
export const postOnce = <T>(path: string, body: unknown): Promise<T> => once<T>("POST", address(path), body);

/** Ask, and where the session has ended meanwhile, ask again after the person has logged in. */
async function ask<T>(method: string, url: string, body?: unknown): Promise<T> {
  for (;;) {
    try {
      return await once<T>(method, url, body);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status === 401) await untilLoggedIn();
      else if (error.code !== "csrf_wrong" || !(await takeUpSession())) throw error;
    }
  }
}

/** Another tab has logged in anew: go on in its session; as somebody else the page begins from the start. */
async function takeUpSession(): Promise<boolean> {
  const found = await once<{ name: string; csrf: string }>("GET", address("/me"));
  if (found.name !== person) location.reload();
  const isNew = found.csrf !== csrf.peek();
  csrf.value = found.csrf;
  return isNew && found.name === person;
}

export function untilLoggedIn(): Promise<void> {
  expired.value = true;
  return new Promise((resolve) => waiting.push(resolve));
}

async function once<T>(method: string, url: string, body?: unknown): Promise<T> {
  const answer = await reach(url, {
    method,
    headers: {
      "X-CSRF-Token": csrf.peek(),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw await problem(answer);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch {
    throw new Unreachable(url);
  }
}

interface ProblemBody {
  code?: string;
  params?: Record<string, string | number | null>;
  detail?: string;
}

async function problem(answer: Response): Promise<Problem> {
  const body = (await answer.json().catch(() => ({}))) as ProblemBody;
  return new Problem(answer.status, body.code ?? "", body.params ?? {}, body.detail ?? answer.statusText);
}
