/** Lines of the alarm journal in words. */

import type { JournalLine } from "../api/types";
import { language } from "../state/preferences";
import { moment } from "./formats";
import { tables } from "./tables";

const ru = {
  raise: "возникла",
  clear: "прошла",
  cover: "теперь сообщает другая тревога",
  realarm: "напоминает о себе",
  nag: "никто не квитирует",
  false: "признана ложной",
  acknowledge: "квитирована",
  reset: "сброшена",
  shelve: "отложена",
  suppress: "подавлена",
  remove: "выведена из работы",
  release: "возвращена в работу",
  none: "изменилась",
  time: "Время",
  event: "Событие",
  who: "Кто",
  alarm: "Тревога",
  comment: "Комментарий",
  till: (time: string) => `до ${time}`,
  period: "Период",
  code: "Код",
};

const kk: typeof ru = {
  raise: "пайда болды",
  clear: "өтті",
  cover: "енді басқа дабыл хабарлайды",
  realarm: "қайта ескертуде",
  nag: "ешкім растамады",
  false: "жалған деп танылды",
  acknowledge: "расталды",
  reset: "қайтарылды",
  shelve: "кейінге қалдырылды",
  suppress: "басылды",
  remove: "жұмыстан шығарылды",
  release: "жұмысқа қайтарылды",
  none: "өзгерді",
  time: "Уақыты",
  event: "Оқиға",
  who: "Кім",
  alarm: "Дабыл",
  comment: "Түсініктеме",
  till: (time) => `${time} дейін`,
  period: "Кезең",
  code: "Коды",
};

const en: typeof ru = {
  raise: "raised",
  clear: "over",
  cover: "told by another alarm from now on",
  realarm: "calls again",
  nag: "nobody acknowledges",
  false: "confirmed false",
  acknowledge: "acknowledged",
  reset: "reset",
  shelve: "shelved",
  suppress: "suppressed",
  remove: "taken out of service",
  release: "returned to service",
  none: "changed",
  time: "Time",
  event: "Event",
  who: "Who",
  alarm: "Alarm",
  comment: "Comment",
  till: (time) => `until ${time}`,
  period: "Period",
  code: "Code",
};

const journal = tables(ru, kk, en);

export const tj = () => journal[language.value];

const TRIGGERS = [
  "raise",
  "clear",
  "cover",
  "realarm",
  "nag",
  "false",
  "acknowledge",
  "reset",
  "shelve",
  "suppress",
  "remove",
  "release",
] as const;

export function happening(trigger: string | null): string {
  const known = TRIGGERS.find((one) => one === trigger);
  return trigger && !known ? trigger : tj()[known ?? "none"];
}

/** `acknowledged, Serik`; for how long where it has an end. */
export function line(one: JournalLine): string {
  const until = one.until_ms ? ` ${tj().till(moment(one.until_ms))}` : "";
  return `${happening(one.trigger)}${until}${one.by ? `, ${one.by}` : ""}`;
}
