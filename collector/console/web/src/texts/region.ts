/** The overview of all sites, the page of one, and its trends. */

import type { GatewayState } from "../api/types";
import { language } from "../state/preferences";
import { tables } from "./tables";

const ru = {
  map: "Карта",
  noSites: "Площадок пока нет",
  noData: (age: string) => `нет данных ${age}`,
  neverData: "данных ещё не было",
  calm: "Без тревог",
  active: (n: number) => `тревог: ${n}`,
  open: (n: number) => `не квитировано: ${n}`,
  gateway: "Шлюз",
  states: {
    online: "на связи",
    stopped: "остановлен",
    offline: "нет связи",
    unknown: "состояние неизвестно",
  },
  modes: { heating: "отопление", summer: "лето", off: "котлы остановлены", maintenance: "работы" },
  learning: (seen: number, needed: number) => `учится: ${seen} из ${needed}`,
  instruments: "Приборы",
  channel: "Канал",
  value: "Значение",
  range: "Диапазон",
  quality: "Качество",
  taken: "Измерено",
  course: "2 часа",
  everyS: (period: string) => `опрос раз в ${period}`,
  trend: "График",
  ranges: { hours2: "2 ч", day: "Сутки", week: "Неделя", month: "30 дней" },
  mean: "среднее",
  extremes: "от наименьшего до наибольшего",
  expected: "обычно в этот час",
  zoomOut: "Весь период",
  zoomHint: "Выделите мышью участок, чтобы приблизить",
  export: "Скачать CSV",
  noReadings: "За это время показаний нет",
  alarmsHere: "Тревоги площадки",
};

const kk: typeof ru = {
  map: "Карта",
  noSites: "Әзірге нысан жоқ",
  noData: (age) => `${age} бойы дерек жоқ`,
  neverData: "дерек әлі болған жоқ",
  calm: "Дабыл жоқ",
  active: (n) => `дабыл: ${n}`,
  open: (n) => `расталмаған: ${n}`,
  gateway: "Шлюз",
  states: { online: "байланыста", stopped: "тоқтатылған", offline: "байланыс жоқ", unknown: "күйі белгісіз" },
  modes: { heating: "жылыту", summer: "жаз", off: "қазандар тоқтатылған", maintenance: "жөндеу" },
  learning: (seen, needed) => `үйренуде: ${needed} ішінен ${seen}`,
  instruments: "Құрылғылар",
  channel: "Арна",
  value: "Мәні",
  range: "Ауқымы",
  quality: "Сапасы",
  taken: "Өлшенді",
  course: "2 сағат",
  everyS: (period) => `сұрау аралығы — ${period}`,
  trend: "График",
  ranges: { hours2: "2 сағ", day: "Тәулік", week: "Апта", month: "30 күн" },
  mean: "орташа",
  extremes: "ең азынан ең көбіне дейін",
  expected: "осы сағатта әдетте",
  zoomOut: "Бүкіл кезең",
  zoomHint: "Жақындату үшін бөлігін тінтуірмен белгілеңіз",
  export: "CSV жүктеу",
  noReadings: "Бұл уақытта көрсеткіш жоқ",
  alarmsHere: "Нысанның дабылдары",
};

const en: typeof ru = {
  map: "Map",
  noSites: "No sites yet",
  noData: (age) => `no data for ${age}`,
  neverData: "no data yet",
  calm: "No alarms",
  active: (n) => `alarms: ${n}`,
  open: (n) => `unacknowledged: ${n}`,
  gateway: "Gateway",
  states: { online: "online", stopped: "stopped", offline: "offline", unknown: "state unknown" },
  modes: { heating: "heating", summer: "summer", off: "boilers off", maintenance: "maintenance" },
  learning: (seen, needed) => `learning: ${seen} of ${needed}`,
  instruments: "Instruments",
  channel: "Channel",
  value: "Value",
  range: "Range",
  quality: "Quality",
  taken: "Measured",
  course: "2 hours",
  everyS: (period) => `read every ${period}`,
  trend: "Trend",
  ranges: { hours2: "2 h", day: "Day", week: "Week", month: "30 days" },
  mean: "mean",
  extremes: "lowest to highest",
  expected: "usual at this hour",
  zoomOut: "Whole period",
  zoomHint: "Drag over a part of it to zoom in",
  export: "Download CSV",
  noReadings: "No readings in this time",
  alarmsHere: "Alarms of the site",
};

const region = tables(ru, kk, en);

export const tr = () => region[language.value];

/** One line about a gateway: its state, the mode of the plant, how far detection has learnt. */
export function gatewayLine({ gateway, state, mode, learning }: GatewayState): string {
  const parts = [`${tr().gateway} ${gateway}: ${gatewayState(state)}`];
  if (mode) parts.push(operatingMode(mode));
  if (learning) parts.push(tr().learning(learning.seen, learning.needed));
  return parts.join(" · ");
}

function gatewayState(state: string): string {
  const states: Record<string, string> = tr().states;
  return states[state] ?? tr().states.unknown;
}

function operatingMode(mode: string): string {
  const modes: Record<string, string> = tr().modes;
  return modes[mode] ?? mode;
}
