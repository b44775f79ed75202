/** What went wrong, in words a person can act on. */

import { Problem, Unreachable } from "../api/http";
import type { Refusal } from "../api/types";
import { language } from "../state/preferences";
import { tables } from "./tables";

const ru = {
  unreachable: "Центр не отвечает. Введённое сохранено, повторите позже.",
  unknown: "Не получилось",
  login_needed: "Сначала войдите.",
  login_wrong: "Имя или пароль неверны.",
  login_too_often: "Слишком много неудачных попыток. Подождите немного.",
  session_over: "Сеанс истёк. Войдите снова.",
  csrf_wrong: "Страница устарела. Обновите её.",
  not_allowed: "На это у вас нет прав.",
  not_found: "Этого больше нет.",
  method_not_allowed: "Центр этого не умеет. Обновите страницу.",
  invalid_request: "Проверьте введённое.",
  too_large: "Слишком много сразу: сократите.",
  unavailable: "Центр сейчас не может этого сделать. Повторите позже.",
  password_weak: "Пароль: от 10 до 256 знаков.",
  password_wrong: "Старый пароль неверен.",
  not_an_anomaly:
    "Ложной можно признать только необычное поведение; слишком узкий предел измените в настройках.",
  unknown_device: "У шлюза больше нет этого прибора.",
  unknown_alarm: "Такой тревоги больше нет.",
  raised_anew: "Тревога тем временем возникла снова: посмотрите ещё раз.",
  not_in_this_state: "Сейчас это невозможно: состояние тревоги изменилось.",
  reason_missing: "Укажите причину.",
  end_missing: "Укажите срок, который ещё не прошёл.",
  end_too_late: "Так надолго не откладывают: выведите тревогу из работы.",
  name_unfit: "Имя: от 1 до 64 знаков без пробелов, «@» и «/».",
  name_taken: "Такое имя уже есть.",
  two_roles: "У человека одна роль в группе.",
  roles_beyond: "Роли даются только в группах площадок, которыми вы управляете, и хотя бы одна.",
  no_role: "Этой учётной записи не дано ни одной роли. Обратитесь к администратору.",
  provider_failed: "Служба входа организации не ответила. Попробуйте ещё раз.",
  no_shift: "Смена не начата: сначала начните её.",
  shift_taken: "Смену уже ведёт другой человек.",
  not_your_shift: "Смену ведёт другой человек.",
  not_for_you: "Смена сдаётся другому человеку.",
  handed_over: "Смена уже сдана и ждёт приёма.",
  nothing_handed_over: "Смену ещё никто не сдал.",
  items_unticked: "Отмечены не все пункты.",
  no_such_entry: "Такой записи нет.",
  unknown_person: "Диспетчера с таким именем нет.",
  url_unfit: "Адрес: https://узел/путь или http://узел/путь, без имени и пароля.",
  secret_unfit: "Секрет: env:ИМЯ или credential:ИМЯ; за ним 24–64 байта в base64.",
  too_many_webhooks: "Вебхуков уже 64: удалите ненужный.",
  webhook_changed: "Сейчас это невозможно: состояние вебхука изменилось.",
  last_administrator: "Хотя бы один человек должен оставаться администратором всех групп.",
};

const kk: typeof ru = {
  unreachable: "Орталық жауап бермейді. Енгізілген сақталған, кейінірек қайталаңыз.",
  unknown: "Орындалмады",
  login_needed: "Алдымен кіріңіз.",
  login_wrong: "Аты немесе құпиясөз қате.",
  login_too_often: "Сәтсіз әрекет тым көп. Біраз күтіңіз.",
  session_over: "Сеанс аяқталды. Қайта кіріңіз.",
  csrf_wrong: "Бет ескірген. Оны жаңартыңыз.",
  not_allowed: "Бұған құқығыңыз жоқ.",
  not_found: "Бұл енді жоқ.",
  method_not_allowed: "Орталық мұны істей алмайды. Бетті жаңартыңыз.",
  invalid_request: "Енгізілгенді тексеріңіз.",
  too_large: "Бірден тым көп: қысқартыңыз.",
  unavailable: "Орталық мұны қазір орындай алмайды. Кейінірек қайталаңыз.",
  password_weak: "Құпиясөз: 10–256 таңба.",
  password_wrong: "Ескі құпиясөз қате.",
  not_an_anomaly: "Тек әдеттен тыс жағдайды жалған деп тануға болады; тым тар шекті баптауда өзгертіңіз.",
  unknown_device: "Шлюзде бұл құрылғы енді жоқ.",
  unknown_alarm: "Мұндай дабыл енді жоқ.",
  raised_anew: "Дабыл осы арада қайта пайда болды: тағы бір қараңыз.",
  not_in_this_state: "Қазір мүмкін емес: дабылдың күйі өзгерді.",
  reason_missing: "Себебін көрсетіңіз.",
  end_missing: "Әлі өтпеген мерзімді көрсетіңіз.",
  end_too_late: "Мұнша ұзаққа қалдырылмайды: дабылды жұмыстан шығарыңыз.",
  name_unfit: "Аты: бос орынсыз, «@» және «/» белгілерінсіз 1–64 таңба.",
  name_taken: "Мұндай ат бар.",
  two_roles: "Адамның бір топта бір рөлі болады.",
  roles_beyond: "Рөл тек өзіңіз басқаратын нысандар топтарында беріледі, кемінде біреуі болуы керек.",
  no_role: "Бұл тіркелгіге бірде-бір рөл берілмеген. Әкімшіге хабарласыңыз.",
  provider_failed: "Ұйымның кіру қызметі жауап бермеді. Қайтадан көріңіз.",
  no_shift: "Ауысым басталмаған: алдымен бастаңыз.",
  shift_taken: "Ауысымды басқа адам жүргізуде.",
  not_your_shift: "Ауысымды басқа адам жүргізуде.",
  not_for_you: "Ауысым басқа адамға тапсырылуда.",
  handed_over: "Ауысым тапсырылған, қабылдануын күтуде.",
  nothing_handed_over: "Ауысымды әлі ешкім тапсырған жоқ.",
  items_unticked: "Барлық тармақ белгіленбеген.",
  no_such_entry: "Мұндай жазба жоқ.",
  unknown_person: "Мұндай атты диспетчер жоқ.",
  url_unfit: "Мекенжай: https://торап/жол немесе http://торап/жол, аты мен құпиясөзсіз.",
  secret_unfit: "Құпия: env:АТЫ немесе credential:АТЫ; артында base64 түріндегі 24–64 байт.",
  too_many_webhooks: "Вебхук саны 64-ке жетті: керексізін жойыңыз.",
  webhook_changed: "Қазір мүмкін емес: вебхуктың күйі өзгерді.",
  last_administrator: "Барлық топтардың кемінде бір әкімшісі қалуы керек.",
};

const en: typeof ru = {
  unreachable: "The centre does not answer. What you typed is kept, try again later.",
  unknown: "It did not work",
  login_needed: "Log in first.",
  login_wrong: "Name or password are wrong.",
  login_too_often: "Too many failed attempts. Wait a little.",
  session_over: "The session is over. Log in again.",
  csrf_wrong: "The page is out of date. Reload it.",
  not_allowed: "You may not do this.",
  not_found: "It is no longer there.",
  method_not_allowed: "The centre cannot do this. Reload the page.",
  invalid_request: "Check what you typed.",
  too_large: "Too much at once: make it shorter.",
  unavailable: "The centre cannot do this now. Try again later.",
  password_weak: "A password has 10 to 256 characters.",
  password_wrong: "The old password is wrong.",
  not_an_anomaly: "Only an anomaly can be called false; change a limit that is too narrow instead.",
  unknown_device: "The gateway does not have this instrument any more.",
  unknown_alarm: "There is no such alarm any more.",
  raised_anew: "The alarm was raised anew meanwhile: look at it again.",
  not_in_this_state: "This cannot be done now: the alarm's state has changed.",
  reason_missing: "Say why.",
  end_missing: "Give an end that is still to come.",
  end_too_late: "Nothing is shelved for so long: take the alarm out of service instead.",
  name_unfit: "A name has 1 to 64 characters without spaces, “@” and “/”.",
  name_taken: "This name is taken.",
  two_roles: "Somebody has one role in a group.",
  roles_beyond: "Roles are given only in groups of sites that you administer, and at least one.",
  no_role: "This account has no role. Ask an administrator.",
  provider_failed: "The organisation's log-in service did not answer. Try again.",
  no_shift: "Nobody has the shift: start it first.",
  shift_taken: "Somebody else has the shift.",
  not_your_shift: "Somebody else has the shift.",
  not_for_you: "The shift is handed over to somebody else.",
  handed_over: "The shift is handed over already and waits to be accepted.",
  nothing_handed_over: "Nobody has handed the shift over.",
  items_unticked: "Not all items are ticked.",
  no_such_entry: "There is no such entry.",
  unknown_person: "There is no dispatcher of this name.",
  url_unfit: "An address is https://host/path or http://host/path, without name and password.",
  secret_unfit: "A secret is env:NAME or credential:NAME; behind it are 24 to 64 bytes in base64.",
  too_many_webhooks: "There are 64 webhooks already: remove one that is not needed.",
  webhook_changed: "This cannot be done now: the webhook's state has changed.",
  last_administrator: "Somebody must stay administrator of all groups.",
};

const problems = tables(ru, kk, en);
type Known = keyof typeof ru;

function said(code: string, detail: string): string {
  const texts = problems[language.value];
  return code in texts ? texts[code as Known] : `${texts.unknown}: ${detail || code}`;
}

export function explain(error: unknown): string {
  if (error instanceof Problem) return said(error.code, error.detail);
  if (error instanceof Unreachable) return said("unreachable", "");
  throw error;
}

/** A reason that came with an address, such as that of a log-in at the organisation which failed. */
export const explainCode = (code: string): string => said(code, "");

export const explainRefusal = (refusal: Refusal): string => said(refusal.code, refusal.detail);
