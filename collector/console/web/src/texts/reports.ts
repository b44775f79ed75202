/** The health of the alarm system. */

import { language } from "../state/preferences";
import { tables } from "./tables";

const ru = {
  rate: "Тревог за 10 минут",
  rateHint: "До 2 — посильно одному диспетчеру; больше 10 — лавина.",
  perDay: "В сутки",
  perDayHint: "посильно до 150",
  flood: "Время в лавине",
  floodHint: "цель — меньше 1 %",
  ack: "До квитирования",
  ackHint: (p90: string, n: number) => `девять из десяти — за ${p90}; всего ${n}`,
  standing: "Стоят более суток",
  standingHint: "цель — меньше 10",
  chattering: "Дребезг",
  chatteringHint: "цель — 0",
  priorities: "Доли приоритетов",
  prioritiesHint: "Обычно 5 % аварийных и высоких, 15 % средних, 80 % низких.",
  top: "Чаще всего",
  alarm: "Тревога",
  times: "Раз",
  people: "По людям",
  person: "Кто",
  acknowledged: "Квитировано",
};

const kk: typeof ru = {
  rate: "10 минуттағы дабылдар",
  rateHint: "2-ге дейін — бір диспетчердің шамасы келеді; 10-нан көп — тасқын.",
  perDay: "Тәулігіне",
  perDayHint: "150-ге дейін шама келеді",
  flood: "Тасқындағы уақыт",
  floodHint: "мақсат — 1 %-дан аз",
  ack: "Растауға дейін",
  ackHint: (p90, n) => `оннан тоғызы — ${p90} ішінде; барлығы ${n}`,
  standing: "Бір тәуліктен ұзақ тұр",
  standingHint: "мақсат — 10-нан аз",
  chattering: "Жиі қайталанатын",
  chatteringHint: "мақсат — 0",
  priorities: "Басымдықтар үлесі",
  prioritiesHint: "Әдетте 5 % апатты және жоғары, 15 % орташа, 80 % төмен.",
  top: "Ең жиі",
  alarm: "Дабыл",
  times: "Рет",
  people: "Адамдар бойынша",
  person: "Кім",
  acknowledged: "Расталған",
};

const en: typeof ru = {
  rate: "Alarms per 10 minutes",
  rateHint: "Up to 2 can be handled by one dispatcher; more than 10 is a flood.",
  perDay: "Per day",
  perDayHint: "150 can be handled",
  flood: "Time in flood",
  floodHint: "aim: below 1 %",
  ack: "Time to acknowledge",
  ackHint: (p90, n) => `nine of ten within ${p90}; ${n} in all`,
  standing: "Standing for over a day",
  standingHint: "aim: below 10",
  chattering: "Chattering",
  chatteringHint: "aim: 0",
  priorities: "Priorities",
  prioritiesHint: "Usual: 5 % emergency and high, 15 % medium, 80 % low.",
  top: "Most frequent",
  alarm: "Alarm",
  times: "Times",
  people: "By person",
  person: "Who",
  acknowledged: "Acknowledged",
};

const reports = tables(ru, kk, en);

export const trep = () => reports[language.value];
