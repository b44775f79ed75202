/** The shift log and its hand-over. */

import { language } from "../state/preferences";
import { tables } from "./tables";

const ru = {
  none: "Смена не начата",
  since: (who: string, when: string) => `Смену ведёт ${who} с ${when}`,
  start: "Начать смену",
  startHint: "Вместе со сменой включается звук тревог.",
  log: "Оперативный журнал",
  entry: "Запись",
  write: "Записать",
  flag: "Передать следующей смене",
  flagged: "на контроле",
  correct: "Исправить",
  corrects: (seq: number) => `исправляет запись № ${seq}`,
  correcting: (seq: number) => `Исправление записи № ${seq}: старая запись останется в журнале.`,
  kinds: { start: "начало смены", note: "запись", handover: "сдача смены", accept: "приём смены" },
  open: "Что передаётся",
  items: {
    unacknowledged: "Неквитированные тревоги",
    shelved: "Отложенные тревоги",
    out_of_service: "Выведено из работы",
    incidents: "Открытые инциденты",
    flagged: "Записи на контроле",
  },
  handover: "Сдать смену",
  to: "Кому",
  notes: "Передать на словах",
  tickAll: "Отметьте каждый пункт: сменщик прочтёт его вместе с вами.",
  accept: "Принять смену",
  handed: (from: string, to: string) => `${from} сдаёт смену: ${to}`,
  waiting: "Сменщик ещё не принял смену.",
  number: "№",
};

const kk: typeof ru = {
  none: "Ауысым басталмаған",
  since: (who, when) => `Ауысымды ${who} жүргізуде, басталуы — ${when}`,
  start: "Ауысымды бастау",
  startHint: "Ауысыммен бірге дабыл дыбысы қосылады.",
  log: "Жедел журнал",
  entry: "Жазба",
  write: "Жазу",
  flag: "Келесі ауысымға беру",
  flagged: "бақылауда",
  correct: "Түзету",
  corrects: (seq) => `№ ${seq} жазбаны түзетеді`,
  correcting: (seq) => `№ ${seq} жазбаны түзету: ескі жазба журналда қалады.`,
  kinds: {
    start: "ауысымның басталуы",
    note: "жазба",
    handover: "ауысымды тапсыру",
    accept: "ауысымды қабылдау",
  },
  open: "Не тапсырылады",
  items: {
    unacknowledged: "Расталмаған дабылдар",
    shelved: "Кейінге қалдырылған дабылдар",
    out_of_service: "Жұмыстан шығарылған",
    incidents: "Ашық оқиғалар",
    flagged: "Бақылаудағы жазбалар",
  },
  handover: "Ауысымды тапсыру",
  to: "Кімге",
  notes: "Қосымша айтылатыны",
  tickAll: "Әр тармақты белгілеңіз: ауыстырушы оны сізбен бірге оқиды.",
  accept: "Ауысымды қабылдау",
  handed: (from, to) => `${from} ауысымды тапсыруда: ${to}`,
  waiting: "Ауыстырушы ауысымды әлі қабылдаған жоқ.",
  number: "№",
};

const en: typeof ru = {
  none: "No shift has been started",
  since: (who, when) => `${who} is on shift since ${when}`,
  start: "Start the shift",
  startHint: "The sound of alarms is turned on with it.",
  log: "Shift log",
  entry: "Entry",
  write: "Enter",
  flag: "Hand on to the next shift",
  flagged: "flagged",
  correct: "Correct",
  corrects: (seq) => `corrects entry ${seq}`,
  correcting: (seq) => `Correcting entry ${seq}: the old one stays in the log.`,
  kinds: { start: "shift started", note: "entry", handover: "handed over", accept: "accepted" },
  open: "What is handed over",
  items: {
    unacknowledged: "Unacknowledged alarms",
    shelved: "Shelved alarms",
    out_of_service: "Out of service",
    incidents: "Open incidents",
    flagged: "Flagged entries",
  },
  handover: "Hand over",
  to: "To",
  notes: "Notes",
  tickAll: "Tick each item: your successor reads it with you.",
  accept: "Accept the shift",
  handed: (from, to) => `${from} hands over to ${to}`,
  waiting: "Your successor has not accepted yet.",
  number: "No.",
};

const shift = tables(ru, kk, en);

export const ts = () => shift[language.value];
