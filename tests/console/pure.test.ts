/** The console's pure parts, run by node's own test runner (see test_pure.py). */

import assert from "node:assert/strict";
import { test } from "node:test";
import { compare, type Filter, flat, grouped, isUrgent, matching } from "../../collector/console/web/src/alarms/order";
import { EventParser } from "../../collector/console/web/src/api/events";
import type { Alarm, AlarmState, Priority } from "../../collector/console/web/src/api/types";
import { standings } from "../../collector/console/web/src/overview/worst";
import { withGaps } from "../../collector/console/web/src/parts/gaps";

/** A generator of numbers below n, the same in each run (mulberry32). */
function chance(seed: number): (n: number) => number {
  let a = seed;
  return (n) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * n);
  };
}

const STATES: AlarmState[] = ["unacknowledged", "acknowledged", "returned", "latched", "shelved", "out_of_service"];

function alarms(seed: number, n: number): Alarm[] {
  const below = chance(seed);
  return Array.from({ length: n }, (_, i) => {
    const given = { key: `k${i}`, site: `s${below(4)}`, site_title: `Site ${i}`, title: `title ${i}`, seq: i };
    const state = STATES[below(STATES.length)];
    return { ...given, state, priority: 1 + below(4), incident: below(5), since_ms: below(1000), active: below(2) === 1 } as Alarm;
  });
}

const ALL: Filter = { view: "active", site: "", priorities: new Set<Priority>(), unacknowledged: false, text: "" };

test("events are the same wherever the stream is cut", () => {
  const text = ': comment\nevent: alarm\nid: 7\ndata: {"a":\ndata: 1}\n\nretry: 10\n\ndata: x\r\n\r\nevent: beat\ndata: 2\n\n';
  const whole = new EventParser().take(text);
  assert.deepEqual(whole, [
    { name: "alarm", id: "7", data: '{"a":\n1}' },
    { name: "message", id: "7", data: "x" },
    { name: "beat", id: "7", data: "2" },
  ]);
  for (let first = 0; first <= text.length; first++)
    for (let second = first; second <= text.length; second++) {
      const parser = new EventParser();
      const pieces = [text.slice(0, first), text.slice(first, second), text.slice(second)];
      assert.deepEqual(pieces.flatMap((piece) => parser.take(piece)), whole, `cut at ${first} and ${second}`);
    }
});

test("the list is in one order, whatever order the alarms came in", () => {
  for (let seed = 0; seed < 50; seed++) {
    const some = alarms(seed, 60);
    const below = chance(seed + 1000);
    const shuffled = [...some].sort(() => below(3) - 1);
    assert.deepEqual(matching(shuffled, ALL), matching(some, ALL));
    const sorted = matching(some, ALL);
    const firstSeen = sorted.findIndex((alarm) => !isUrgent(alarm));
    assert.ok(sorted.slice(firstSeen < 0 ? sorted.length : firstSeen).every((alarm) => !isUrgent(alarm)));
    sorted.slice(1).forEach((alarm, i) => assert.ok(compare(sorted[i] as Alarm, alarm) < 0));
  }
});

test("folded or not, every alarm is in one row or behind one incident, and no emergency is hidden", () => {
  for (let seed = 0; seed < 100; seed++) {
    const sorted = matching(alarms(seed, 40), ALL);
    const open = new Set(seed % 2 ? [1, 3] : []);
    const rows = grouped(sorted, new Map(), open);
    const shown = new Set(rows.flatMap((row) => (row.kind === "alarm" ? [row.alarm.key] : [])));
    const behind = new Set(rows.flatMap((row) => (row.kind === "incident" ? row.members.map(({ key }) => key) : [])));
    for (const alarm of sorted) {
      assert.ok(shown.has(alarm.key) || behind.has(alarm.key));
      if (alarm.priority === 1) assert.ok(shown.has(alarm.key));
    }
    assert.equal(flat(sorted).length, sorted.length);
  }
});

test("every word of a search must be found, in any case", () => {
  const some = alarms(3, 30);
  const found = matching(some, { ...ALL, text: "SITE 12 title" });
  assert.ok(found.every((alarm) => alarm.site_title === "Site 12"));
  assert.deepEqual(matching(some, { ...ALL, text: "site nowhere" }), []);
});

test("a line breaks where nothing was measured, and nowhere else", () => {
  const even = [0, 60, 120, 180, 240];
  assert.deepEqual(withGaps(even, [1, 2, 3, 4, 5])[0], even);
  assert.deepEqual(withGaps([0, 60, 120, 600, 660], [1, 2, 3, 4, 5]), [
    [0, 60, 120, 121, 600, 660],
    [1, 2, 3, null, 4, 5],
  ]);
  assert.deepEqual(withGaps([], []), [[], []]);
});

test("the site that needs somebody most comes first, by the alarms of this moment", () => {
  const sites = ["s0", "s1", "s2", "s3"].map((site) => ({ site, title: site, stale: site === "s3" }) as never);
  const at = (site: string, priority: number, state: AlarmState) => ({ site, priority, state }) as Alarm;
  const found = standings(sites, [at("s1", 1, "acknowledged"), at("s2", 3, "unacknowledged"), at("s0", 1, "shelved")]);
  assert.deepEqual(found.map(({ site }) => site.site), ["s2", "s1", "s3", "s0"]);
});
