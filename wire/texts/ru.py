"""Russian."""

from wire.messages import AlarmCode, Quality
from wire.texts.language import Language, Noun, Phrases
from wire.texts.parameters import (
    ADVERSE_WEATHER,
    AIR_EXCEEDANCE,
    FUEL_LOW,
    GATEWAY_SILENT,
    MAKEUP_HIGH,
    OFF_SCHEDULE,
)

_LASTED = "Тревога длилась {lasted}."
_LIMIT_EVIDENCE = "Показание за пределом уже {lasted}; тревога снимется, когда оно вернётся к {clear_at}."
_LIMIT_CHECK = (
    "Сверьте показание с соседними датчиками и с прибором на месте; проверьте насосы, горелку и задвижки."
)
_LIMIT_OVER = f"{{point}}: снова в норме, {{value}} при пределе {{limit}}. {_LASTED}"


def _form(count: int) -> int:
    """1 минуту, 2 минуты, 5 минут; 11–14 like 5."""
    if count % 10 == 1 and count % 100 != 11:  # noqa: PLR2004 - grammar
        return 0
    return 1 if count % 10 in {2, 3, 4} and count % 100 not in {12, 13, 14} else 2


def _limit(name: str, bound: str, check: str = _LIMIT_CHECK) -> Phrases:
    return Phrases(
        name=name,
        happened=f"{{point}}: {{value}}, должно быть {bound} {{limit}}. Началось {{since}}.",
        evidence=_LIMIT_EVIDENCE,
        check=check,
        over=_LIMIT_OVER,
    )


_AT_ONCE = "Действуйте по инструкции на случай аварии. " + _LIMIT_CHECK

RUSSIAN = Language(
    phrases={
        AlarmCode.LOW_LOW: _limit("ниже аварийного предела", "не ниже", _AT_ONCE),
        AlarmCode.LOW: _limit("ниже предела", "не ниже"),
        AlarmCode.HIGH: _limit("выше предела", "не выше"),
        AlarmCode.HIGH_HIGH: _limit("выше аварийного предела", "не выше", _AT_ONCE),
        AlarmCode.RATE: Phrases(
            name="меняется слишком быстро",
            happened="{point}: меняется на {rate}, допустимо не более {limit}; сейчас {value}. "
            "Началось {since}.",
            evidence="Скорость посчитана по нескольким последним показаниям этого канала.",
            check="Выясните, не было ли пуска, останова или порыва; если на месте всё спокойно, "
            "проверьте датчик и его провод.",
            over=f"{{point}}: меняется снова не слишком быстро, {{value}}. {_LASTED}",
        ),
        AlarmCode.STUCK: Phrases(
            name="показание застыло",
            happened="{point}: показание в точности {value} дольше, чем {minutes}. Началось {since}.",
            evidence="В работающей системе показание всегда немного меняется, а здесь каждое новое "
            "в точности равно прежнему.",
            check="Проверьте датчик, его провод и не застыл ли выход прибора; сравните с соседним датчиком.",
            over=f"{{point}}: показание снова меняется, {{value}}. {_LASTED}",
        ),
        AlarmCode.SENSOR_BROKEN: Phrases(
            name="датчик неисправен",
            happened="{point}: годных показаний нет, {reason}. Началось {since}.",
            evidence="Сам прибор отвечает; последнее, что пришло по этому каналу: {value}.",
            check="Проверьте датчик, клеммы и провод; если обрыв подтвердится, замените датчик.",
            over=f"{{point}}: датчик снова исправен, {{value}}. {_LASTED}",
        ),
        AlarmCode.DEVICE_SILENT: Phrases(
            name="не отвечает",
            happened="Прибор {device} не отвечает: {missed} подряд впустую. Началось {since}.",
            evidence="Причина: {reason}; опрос идёт раз в {period_s}; линия {link} при этом открыта.",
            check="Проверьте питание прибора, клеммы и его адрес на линии.",
            over=f"Прибор {{device}} снова отвечает. {_LASTED}",
        ),
        AlarmCode.LINK_SILENT: Phrases(
            name="нет связи",
            happened="Линия {link}: нет связи ни с одним прибором, всего на ней {devices}. Началось {since}.",
            evidence="Причина: {reason}. Отдельные тревоги по приборам этой линии не подаются.",
            check="Проверьте преобразователь или сетевой кабель, питание линии и её концы.",
            over=f"Линия {{link}}: связь восстановлена. {_LASTED}",
        ),
        AlarmCode.BUS_OVERLOAD: Phrases(
            name="линия перегружена",
            happened="Линия {link} не успевает: занята на {load}, допустимо {limit}; "
            "опоздавших опросов: {late}. Началось {since}.",
            evidence="Занятость измерена за последний период опроса и держится высокой уже {lasted}.",
            check="Опрашивайте реже, повысьте скорость линии или перенесите часть приборов на другую линию.",
            over=f"Линия {{link}} снова успевает: занята на {{load}}. {_LASTED}",
        ),
        AlarmCode.ANOMALY: Phrases(
            name="необычное поведение",
            happened="{channel}: сейчас {value}, ожидалось {expected}. Началось {since}.",
            evidence="Отношение отклонения к порогу: {score}; способ обнаружения: {detector}; "
            "другие необычные каналы: {others}.",
            check="Сравните с температурным графиком и соседними каналами; если это обычный режим, "
            "отметьте тревогу как ложную.",
            over=f"{{channel}}: снова как обычно. {_LASTED}",
        ),
        AlarmCode.RELATION_BROKEN: Phrases(
            name="показания противоречат друг другу",
            happened="Связь каналов «{relation}» нарушена: получено {left}, должно быть {op} {right}. "
            "Началось {since}.",
            evidence="Каналы: {points}; допуск {margin}. Каждый канал по отдельности выглядит исправным.",
            check="Проверьте, не перепутаны ли датчики и нет ли утечки; "
            "сверьте каналы этой связи между собой.",
            over=f"Связь каналов «{{relation}}» снова соблюдается. {_LASTED}",
        ),
        AIR_EXCEEDANCE: Phrases(
            name="превышение ПДК",
            happened="{point}: среднее за 20 минут {value} при ПДК м.р. {limit}, кратность {times}. "
            "Началось {since}.",
            evidence="{suspect} Средние за 20 минут посчитаны по годным показаниям, держится уже {lasted}.",
            check="Сверьте с соседними постами и направлением ветра; сообщите экологической службе.",
            over=f"{{point}}: снова в пределах нормы, {{value}} при ПДК м.р. {{limit}}. {_LASTED}",
        ),
        OFF_SCHEDULE: Phrases(
            name="подача не по графику",
            happened="{point}: в среднем {value}, по графику {expected} при наружной {outdoor}. "
            "Началось {since}.",
            evidence="Допуск {limit} в обе стороны, отклонение держится уже {lasted}.",
            check="Свяжитесь с котельной: проверьте горение, насосы и смешение; сверьте датчики.",
            over=f"{{point}}: снова по графику, {{value}} при заданных {{expected}}. {_LASTED}",
        ),
        FUEL_LOW: Phrases(
            name="мало топлива",
            happened="{point}: осталось {value}, этого хватит на {days}. Началось {since}.",
            evidence="Расход за сутки в последние дни {daily}; запас нужен не меньше чем на {limit_days}.",
            check="Закажите подвоз; проверьте уровнемер и нет ли утечки или хищения.",
            over=f"{{point}}: топлива снова достаточно, {{value}}, это на {{days}}. {_LASTED}",
        ),
        MAKEUP_HIGH: Phrases(
            name="подпитка выше нормы",
            happened="{point}: в среднем за час {value} при норме {limit}. Началось {since}.",
            evidence="Норма превышена уже {lasted}: вода уходит из сети.",
            check="Ищите утечку: сверьте расходы подачи и обратной, осмотрите трассу и камеры.",
            over=f"{{point}}: подпитка снова в норме, {{value}} при норме {{limit}}. {_LASTED}",
        ),
        ADVERSE_WEATHER: Phrases(
            name="неблагоприятные метеоусловия",
            happened="Объявлены НМУ, степень: {degree}. С {since} до {until_ms}.",
            evidence="Источник: {source}.",
            check="Оповестите предприятия и школы по порядку, принятому для этой степени.",
            over=f"Режим НМУ снят, степень была: {{degree}}. {_LASTED}",
        ),
        GATEWAY_SILENT: Phrases(
            name="молчит",
            happened="Шлюз {gateway} молчит: {reason}. Последние показания: {last_ms}.",
            evidence="Обычно показания приходят раз в {period_s}; их нет уже {lasted}.",
            check="Проверьте питание площадки, связь с ней и сам шлюз.",
            over=f"Шлюз {{gateway}} снова на связи. {_LASTED}",
        ),
    },
    unknown_code=Phrases(
        name="тревога неизвестного вида",
        happened="Шлюз сообщил о тревоге вида «{code}», которого эта программа не знает. Началось {since}.",
        evidence="Переданные числа: {params}.",
        check="Обновите программу центра; до этого смотрите показания этой точки.",
        over="Тревога вида «{code}» снята, длилась {lasted}.",
    ),
    reasons={
        Quality.BAD_SENTINEL: "прибор передаёт код обрыва или неисправности",
        Quality.BAD_NOT_FINITE: "прибор передаёт не число",
        Quality.BAD_DEVICE_STATUS: "прибор сам сообщает о неисправности датчика",
        Quality.BAD_OUT_OF_RANGE: "значение вне возможного диапазона",
        Quality.BAD_RATE: "значение меняется быстрее, чем возможно",
        Quality.UNCERTAIN_STALE: "прибор повторяет старые показания",
        Quality.BAD_REFUSED: "прибор отказывается отдавать этот канал",
        Quality.BAD_NO_ANSWER: "на запрос нет ответа",
        Quality.BAD_GARBLED: "ответы искажены",
        Quality.BAD_LINK_DOWN: "порт линии не открыт",
        Quality.BAD_NOT_TEXT: "вместо текста непонятные знаки",
        "down": "порт линии не открыт",
        "no_answer": "ни один прибор не отвечает",
        "offline": "обрыв связи с брокером",
        "stopped": "программа шлюза остановлена",
        "stale": "новых показаний нет, хотя связь есть",
    },
    unknown_reason="причина не названа",
    relations={">=": "не меньше", "<=": "не больше", "==": "равно"},
    detectors={
        "innovations": "прогноз по прошлым показаниям",
        "seasonal": "обычные значения для этого часа и дня недели",
        "expected": "расчёт по другим каналам",
        "multivariate": "сочетание каналов",
    },
    unknown_detector="статистическая модель",
    units={
        "Cel": "°C",
        "kPa": "кПа",
        "Pa": "Па",
        "hPa": "гПа",
        "m3/h": "м³/ч",
        "t/h": "т/ч",
        "m3": "м³",
        "t": "т",
        "%": "%",
        "%{RH}": "%",
        "mm": "мм",
        "kW": "кВт",
        "MW.h": "МВт·ч",
        "V": "В",
        "A": "А",
        "mA": "мА",
        "W": "Вт",
        "var": "вар",
        "VA": "В·А",
        "kW.h": "кВт·ч",
        "1": "",
        "": "",
        "Hz": "Гц",
        "/min": "об/мин",
        "d": "сут",
        "s": "с",
        "ug/m3": "мкг/м³",
        "mg/m3": "мг/м³",
        "/dL": "шт. в 0,1 л",
        "[ppm]": "млн⁻¹",
        "m/s": "м/с",
        "deg": "°",
        "W/m2": "Вт/м²",
        "um": "мкм",
        "mm/h": "мм/ч",
        "lx": "лк",
        "dB": "дБ",
        "[ppb]": "млрд⁻¹",
    },
    forms={
        Noun.SECOND: ("секунду", "секунды", "секунд"),
        Noun.MINUTE: ("минуту", "минуты", "минут"),
        Noun.HOUR: ("час", "часа", "часов"),
        Noun.DAY: ("день", "дня", "дней"),
        Noun.POLL: ("опрос", "опроса", "опросов"),
        Noun.DEVICE: ("прибор", "прибора", "приборов"),
    },
    form=_form,
    decimal_mark=",",
    thousands_mark="\N{NO-BREAK SPACE}",
    time="%d.%m.%Y %H:%M",
    rate="{change} в минуту",
    device="Прибор {}",
    link="Линия {}",
    gateway="Шлюз {}",
    relation="Связь каналов «{}»",
    incidents={
        "power": "Общая причина, вероятно отключение электроэнергии: {sites}",
        "common": "Несколько площадок сразу, общая причина: {sites}",
        "gateway": "Нет данных с площадки: {sites}",
        "link": "Нет связи с приборами: {sites}",
        "plant": "Несколько тревог одной причины: {sites}",
    },
    doubts={
        "so2": "Значение следует за диоксидом серы: вероятно, датчик сероводорода отзывается на него.",
        "other": "Значение сомнительно.",
        "none": "Признаков ложного показания нет.",
    },
    region="Регион",
    over_title="{title} — снято",
    covered="Отдельной тревоги больше нет: то же самое теперь сообщает тревога «{cause}».",
    see_cause="Смотрите тревогу «{cause}».",
    no_longer_watched="Тревога снята: по настройкам это больше не контролируется.",
    nothing_to_do="Действий не требуется.",
    clock_not_set="Часы шлюза не были выставлены, время приблизительное.",
    not_known="неизвестно",
    none="нет",
    moment="меньше секунды",
)
