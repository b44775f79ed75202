"""What a message to somebody on duty says around the texts of alarms; in Russian, Kazakh, English."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct


class Notices(Struct, frozen=True, kw_only=True):
    """The words of one language."""

    urgency: tuple[str, str, str, str]
    """By priority, to begin a subject."""
    places: str
    """A subject: `{urgency}`, `{places}`, `{count}` alarms."""
    first: str
    escalated: str
    """Nobody has acknowledged for `{lasted}`."""
    again: str
    incident: str
    """One incident: `{places}`, `{count}`, `{since}`."""
    more_alarms: str
    more_incidents: str
    flood: str
    acknowledge: str
    console: str
    test_title: str
    test: str
    """To `{person}`."""


NOTICES: Final[Mapping[str, Notices]] = {
    "ru": Notices(
        urgency=("АВАРИЯ", "СРОЧНО", "Внимание", "К сведению"),
        places="{urgency}: {places}, тревог без квитирования: {count}",
        first="Требуется вмешательство.",
        escalated="Никто не квитировал уже {lasted}. Теперь вызываем вас.",
        again="Повтор: никто не квитировал уже {lasted}.",
        incident="{places}, тревог без квитирования: {count}; первая в {since}.",
        more_alarms="… и ещё тревог: {count}",
        more_incidents="И ещё происшествий: {count}.",
        flood="Поток тревог: сообщения собраны.",
        acknowledge="Квитируйте тревоги, чтобы не вызывали следующих.",
        console="Консоль: {console}",
        test_title="Ulba: проверка связи",
        test="{person}, это проверка канала оповещения. Ничего делать не нужно.",
    ),
    "kk": Notices(
        urgency=("АПАТ", "ШҰҒЫЛ", "Назар аударыңыз", "Мәлімет үшін"),
        places="{urgency}: {places}, расталмаған дабылдар: {count}",
        first="Араласу қажет.",
        escalated="{lasted} бойы ешкім растамады. Енді сізге хабарлаймыз.",
        again="Қайталау: {lasted} бойы ешкім растамады.",
        incident="{places}, расталмаған дабылдар: {count}; біріншісі {since}.",
        more_alarms="… тағы дабылдар: {count}",
        more_incidents="Тағы оқиғалар: {count}.",
        flood="Дабылдар тасқыны: хабарламалар біріктірілді.",
        acknowledge="Келесі адамдар шақырылмауы үшін дабылдарды растаңыз.",
        console="Консоль: {console}",
        test_title="Ulba: байланысты тексеру",
        test="{person}, бұл — хабарлау арнасын тексеру. Ештеңе істеудің қажеті жоқ.",
    ),
    "en": Notices(
        urgency=("EMERGENCY", "URGENT", "Attention", "For information"),
        places="{urgency}: {places}, alarms not acknowledged: {count}",
        first="Somebody has to act.",
        escalated="Nobody has acknowledged for {lasted}. It is your turn now.",
        again="Again: nobody has acknowledged for {lasted}.",
        incident="{places}, alarms not acknowledged: {count}; the first at {since}.",
        more_alarms="… and more alarms: {count}",
        more_incidents="And more incidents: {count}.",
        flood="A flood of alarms: messages are gathered.",
        acknowledge="Acknowledge the alarms, so that nobody else is called.",
        console="Console: {console}",
        test_title="Ulba: a test",
        test="{person}, this is a test of the channel. There is nothing to do.",
    ),
}
