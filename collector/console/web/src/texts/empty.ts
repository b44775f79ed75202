/** What is said where a list has nothing in it. */

import { language } from "../state/preferences";
import { tables } from "./tables";

const ru = {
  top: "За это время тревог не было.",
  people: "За это время никто не квитировал.",
  standing: "Ни одна тревога не стоит дольше суток.",
  chattering: "Ни одна тревога не повторяется без конца.",
  tokens: "Ключей пока не выдано.",
  journal: "Такого за это время не было.",
  log: "Записей пока нет.",
  instruments: "Шлюз ещё не назвал ни одного прибора.",
};

const kk: typeof ru = {
  top: "Бұл уақытта дабыл болмады.",
  people: "Бұл уақытта ешкім дабыл растаған жоқ.",
  standing: "Бір тәуліктен ұзақ тұрған дабыл жоқ.",
  chattering: "Жиі қайталанатын дабыл жоқ.",
  tokens: "Әзірге кілт берілмеген.",
  journal: "Бұл уақытта мұндай оқиға болмады.",
  log: "Әзірге жазба жоқ.",
  instruments: "Шлюз әлі бірде-бір құрылғыны атаған жоқ.",
};

const en: typeof ru = {
  top: "There were no alarms in this time.",
  people: "Nobody has acknowledged anything in this time.",
  standing: "No alarm has stood for more than a day.",
  chattering: "No alarm comes and goes.",
  tokens: "No program has a token yet.",
  journal: "Nothing of this kind happened in this time.",
  log: "Nothing has been written down yet.",
  instruments: "The gateway has not named any instrument yet.",
};

const all = tables(ru, kk, en);

/** The sentences in the language that is chosen. */
export const te = () => all[language.value];
