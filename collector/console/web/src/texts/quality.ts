/** The quality of a reading in words. */

import { language } from "../state/preferences";
import { tables } from "./tables";

const ru = {
  good: "исправно",
  "uncertain.clock": "время приблизительное",
  "uncertain.after_fault": "только что после отказа",
  "uncertain.noise": "сильный шум",
  "uncertain.spike": "одиночный выброс",
  "uncertain.rate": "меняется слишком быстро",
  "uncertain.inconsistent": "противоречит соседним",
  "uncertain.swapped": "похоже, датчики перепутаны",
  "uncertain.stuck": "застыло",
  "uncertain.stale": "прибор повторяет старое",
  "uncertain.assumed": "принято условно",
  "bad.no_answer": "нет ответа",
  "bad.garbled": "ответы искажены",
  "bad.refused": "прибор отказывает",
  "bad.link_down": "линия не открыта",
  "bad.not_finite": "не число",
  "bad.sentinel": "код обрыва датчика",
  "bad.device_status": "прибор сообщает о неисправности",
  "bad.out_of_range": "вне возможного диапазона",
  "bad.rate": "скачок быстрее возможного",
  "bad.not_text": "непонятные знаки",
  uncertain: "сомнительно",
  bad: "негодное",
};

const kk: typeof ru = {
  good: "жарамды",
  "uncertain.clock": "уақыты шамамен",
  "uncertain.after_fault": "ақаудан кейін енді ғана",
  "uncertain.noise": "шуы күшті",
  "uncertain.spike": "жалғыз секіріс",
  "uncertain.rate": "тым жылдам өзгереді",
  "uncertain.inconsistent": "көршілеріне қайшы",
  "uncertain.swapped": "датчиктер шатысқан сияқты",
  "uncertain.stuck": "өзгермей тұр",
  "uncertain.stale": "құрылғы ескіні қайталайды",
  "uncertain.assumed": "шартты түрде алынған",
  "bad.no_answer": "жауап жоқ",
  "bad.garbled": "жауаптар бұрмаланған",
  "bad.refused": "құрылғы бас тартады",
  "bad.link_down": "желі ашылмаған",
  "bad.not_finite": "сан емес",
  "bad.sentinel": "датчиктің үзілу коды",
  "bad.device_status": "құрылғы ақау туралы хабарлайды",
  "bad.out_of_range": "мүмкін ауқымнан тыс",
  "bad.rate": "мүмкіннен жылдам секіріс",
  "bad.not_text": "түсініксіз таңбалар",
  uncertain: "күмәнді",
  bad: "жарамсыз",
};

const en: typeof ru = {
  good: "good",
  "uncertain.clock": "time approximate",
  "uncertain.after_fault": "just after a fault",
  "uncertain.noise": "strong noise",
  "uncertain.spike": "a single spike",
  "uncertain.rate": "changes too fast",
  "uncertain.inconsistent": "contradicts its neighbours",
  "uncertain.swapped": "sensors seem swapped",
  "uncertain.stuck": "stuck",
  "uncertain.stale": "the instrument repeats old values",
  "uncertain.assumed": "assumed",
  "bad.no_answer": "no answer",
  "bad.garbled": "answers garbled",
  "bad.refused": "the instrument refuses",
  "bad.link_down": "line not open",
  "bad.not_finite": "not a number",
  "bad.sentinel": "code of a broken sensor",
  "bad.device_status": "the instrument reports a fault",
  "bad.out_of_range": "outside the possible range",
  "bad.rate": "a jump faster than possible",
  "bad.not_text": "unreadable characters",
  uncertain: "uncertain",
  bad: "bad",
};

const qualities = tables(ru, kk, en);

/** A reason that this console does not know is told by its status. */
export function quality(code: string | null): string {
  const texts: Record<string, string> = qualities[language.value];
  return texts[code || "good"] ?? texts[(code ?? "").split(".")[0] ?? ""] ?? code ?? "";
}

export const isBad = (code: string | null): boolean => code?.startsWith("bad") ?? false;
export const isUncertain = (code: string | null): boolean => code?.startsWith("uncertain") ?? false;
