/**
 * A sound for what nobody has acknowledged, another one for each priority.
 *
 * A browser plays nothing before a person has clicked: until then the page says that sound is off. Silencing
 * ends the present sound only; the next alarm is heard again, and nothing is acknowledged by it.
 */

import { effect, signal } from "@preact/signals";
import { isUrgent } from "../alarms/order";
import type { Alarm, Priority } from "../api/types";
import { alarms, onChange } from "./board";

/** Frequencies in Hz of each beep, and after how many seconds it is repeated; 0: once. */
const SOUNDS: Record<Priority, { beeps: number[]; everyS: number }> = {
  1: { beeps: [988, 740, 988, 740, 988], everyS: 3 },
  2: { beeps: [784, 784], everyS: 8 },
  3: { beeps: [587], everyS: 30 },
  4: { beeps: [], everyS: 0 },
};
const BEEP_S = 0.16;
const GAP_S = 0.06;

export const soundOn = signal(false);
/** The most urgent priority that is sounding now. */
export const sounding = signal<Priority | null>(null);

let context: AudioContext | null = null;
let timer = 0;

/** Call it from a click: plays a short test, so that a person hears that it works. */
export async function turnOn(): Promise<void> {
  context ??= new AudioContext();
  await context.resume();
  soundOn.value = context.state === "running";
  beep([660, 880]);
  const worst = worstOf(alarms());
  if (worst) sound(worst);
}

export function turnOff(): void {
  silence();
  soundOn.value = false;
}

export function silence(): void {
  clearTimeout(timer);
  sounding.value = null;
}

onChange((alarm, before) => {
  const isNew = isUrgent(alarm) && (!before || !isUrgent(before) || before.occurrence !== alarm.occurrence);
  if (isNew && soundOn.peek()) sound(alarm.priority);
});

/** What has been acknowledged sounds no longer. */
effect(() => {
  const worst = worstOf(alarms());
  const now = sounding.peek();
  if (now === null || (worst !== null && worst <= now)) return;
  silence();
  if (worst !== null) sound(worst);
});

function worstOf(all: Iterable<Alarm>): Priority | null {
  let worst: Priority | null = null;
  for (const alarm of all)
    if (isUrgent(alarm) && (worst === null || alarm.priority < worst)) worst = alarm.priority;
  return worst;
}

function sound(priority: Priority): void {
  const now = sounding.peek();
  if (now !== null && now < priority) return;
  const { beeps, everyS } = SOUNDS[priority];
  if (!beeps.length) return;
  clearTimeout(timer);
  sounding.value = priority;
  beep(beeps);
  timer = setTimeout(() => sound(priority), everyS * 1000) as unknown as number;
}

function beep(tones: number[]): void {
  if (!context) return;
  tones.forEach((tone, i) => {
    const at = (context as AudioContext).currentTime + i * (BEEP_S + GAP_S);
    const source = new OscillatorNode(context as AudioContext, { frequency: tone, type: "triangle" });
    const volume = new GainNode(context as AudioContext, { gain: 0 });
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.4, at + 0.01);
    volume.gain.setTargetAtTime(0, at + BEEP_S - 0.03, 0.01);
    source.connect(volume).connect((context as AudioContext).destination);
    source.start(at);
    source.stop(at + BEEP_S);
  });
}
