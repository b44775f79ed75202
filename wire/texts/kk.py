"""Kazakh. Numbers stand before a noun that carries the ending, so that no ending hangs on a figure."""

from wire.messages import AlarmCode, Quality
from wire.texts.language import Language, Noun, Phrases
from wire.texts.parameters import GATEWAY_SILENT

_BEGAN = "Басталған уақыты: {since}."
_LASTED = "Дабыл {lasted} бойы тұрды."
_LIMIT_EVIDENCE = "Көрсеткіш {lasted} бойы шектен тыс тұр; мәні {clear_at} деңгейіне оралғанда дабыл алынады."
_LIMIT_CHECK = (
    "Көрсеткішті көрші датчиктермен және орнындағы аспаппен салыстырыңыз; "
    "сорғыларды, оттықты және ысырмаларды тексеріңіз."
)
_AT_ONCE = "Апат жағдайына арналған нұсқаулық бойынша әрекет етіңіз. " + _LIMIT_CHECK


def _form(_count: int) -> int:
    """A noun after a number stays as it is."""
    return 0


def _limit(name: str, bound: str, check: str = _LIMIT_CHECK) -> Phrases:
    return Phrases(
        name=name,
        happened=f"{{point}}: {{value}}, {bound} шегі — {{limit}}. {_BEGAN}",
        evidence=_LIMIT_EVIDENCE,
        check=check,
        over=f"{{point}}: қалыпқа келді, қазір {{value}}, {bound} шегі — {{limit}}. {_LASTED}",
    )


KAZAKH = Language(
    phrases={
        AlarmCode.LOW_LOW: _limit("апаттық төменгі шектен төмен", "апаттық төменгі", _AT_ONCE),
        AlarmCode.LOW: _limit("төменгі шектен төмен", "төменгі"),
        AlarmCode.HIGH: _limit("жоғарғы шектен жоғары", "жоғарғы"),
        AlarmCode.HIGH_HIGH: _limit("апаттық жоғарғы шектен жоғары", "апаттық жоғарғы", _AT_ONCE),
        AlarmCode.RATE: Phrases(
            name="тым жылдам өзгеріп жатыр",
            happened="{point}: өзгеру жылдамдығы — {rate}, рұқсат етілгені — {limit}; "
            "қазіргі мәні — {value}. " + _BEGAN,
            evidence="Жылдамдық осы арнаның соңғы бірнеше көрсеткіші бойынша есептелді.",
            check="Іске қосу, тоқтату немесе құбыр жарылуы болған-болмағанын анықтаңыз; бәрі тыныш болса, "
            "датчикті және оның сымын тексеріңіз.",
            over=f"{{point}}: енді тым жылдам өзгермейді, қазір {{value}}. {_LASTED}",
        ),
        AlarmCode.STUCK: Phrases(
            name="көрсеткіш өзгермей тұр",
            happened=f"{{point}}: көрсеткіш {{minutes}} бойы дәл {{value}} болып тұр. {_BEGAN}",
            evidence="Жұмыс істеп тұрған жүйенің көрсеткіші үнемі аздап өзгереді, ал мұнда әр жаңа мән "
            "алдыңғысына дәл тең.",
            check="Датчикті, оның сымын және құрылғының шығысы қатып қалмағанын тексеріңіз; "
            "көрші датчикпен салыстырыңыз.",
            over=f"{{point}}: көрсеткіш қайтадан өзгере бастады, қазір {{value}}. {_LASTED}",
        ),
        AlarmCode.SENSOR_BROKEN: Phrases(
            name="датчик ақаулы",
            happened=f"{{point}}: жарамды көрсеткіш жоқ, {{reason}}. {_BEGAN}",
            evidence="Құрылғының өзі жауап береді; осы арнадан соңғы келген мән: {value}.",
            check="Датчикті, қысқыштарды және сымды тексеріңіз; үзілу расталса, датчикті ауыстырыңыз.",
            over=f"{{point}}: датчик қайтадан жарамды, қазір {{value}}. {_LASTED}",
        ),
        AlarmCode.DEVICE_SILENT: Phrases(
            name="жауап бермейді",
            happened=f"{{device}} құрылғысы жауап бермейді: қатарынан {{missed}} нәтижесіз болды. {_BEGAN}",
            evidence="Себебі: {reason}; сұрау аралығы — {period_s}; бұл кезде {link} желісі ашық тұр.",
            check="Құрылғының қуат көзін, қысқыштарын және желідегі мекенжайын тексеріңіз.",
            over=f"{{device}} құрылғысы қайтадан жауап береді. {_LASTED}",
        ),
        AlarmCode.LINK_SILENT: Phrases(
            name="байланыс жоқ",
            happened="{link} желісі: бірде-бір құрылғымен байланыс жоқ, желіде барлығы {devices} бар. "
            + _BEGAN,
            evidence="Себебі: {reason}. Осы желідегі құрылғылар бойынша жеке дабылдар берілмейді.",
            check="Түрлендіргішті немесе желі кабелін, желінің қуат көзін және ұштарын тексеріңіз.",
            over=f"{{link}} желісі: байланыс қалпына келді. {_LASTED}",
        ),
        AlarmCode.BUS_OVERLOAD: Phrases(
            name="желі шамадан тыс жүктелген",
            happened="{link} желісі үлгермейді: жүктемесі — {load}, рұқсат етілгені — {limit}; "
            "кешіккен сұраулар саны: {late}. " + _BEGAN,
            evidence="Жүктеме соңғы сұрау кезеңінде өлшенді және {lasted} бойы жоғары болып тұр.",
            check="Сұрауды сиретіңіз, желінің жылдамдығын арттырыңыз немесе құрылғылардың бір бөлігін "
            "басқа желіге ауыстырыңыз.",
            over=f"{{link}} желісі қайтадан үлгеріп тұр: жүктемесі — {{load}}. {_LASTED}",
        ),
        AlarmCode.ANOMALY: Phrases(
            name="әдеттен тыс жағдай",
            happened=f"{{channel}}: қазіргі мәні — {{value}}, күтілгені — {{expected}}. {_BEGAN}",
            evidence="Ауытқудың шекке қатынасы: {score}; анықтау тәсілі: {detector}; "
            "басқа ерекше арналар: {others}.",
            check="Температура кестесімен және көрші арналармен салыстырыңыз; бұл қалыпты режим болса, "
            "дабылды жалған деп белгілеңіз.",
            over=f"{{channel}}: қайтадан әдеттегідей. {_LASTED}",
        ),
        AlarmCode.RELATION_BROKEN: Phrases(
            name="көрсеткіштер бір-біріне қайшы келеді",
            happened="«{relation}» арналар байланысы бұзылды: алынғаны — {left}, ал ол {right} {op}. "
            + _BEGAN,
            evidence="Арналар: {points}; рұқсат етілген айырма — {margin}. "
            "Әр арна жеке алғанда дұрыс көрінеді.",
            check="Датчиктердің ауысып кетпегенін және судың ағып жатпағанын тексеріңіз; "
            "осы байланыстағы арналарды өзара салыстырыңыз.",
            over=f"«{{relation}}» арналар байланысы қалпына келді. {_LASTED}",
        ),
        GATEWAY_SILENT: Phrases(
            name="дерек келмейді",
            happened="{gateway} шлюзінен дерек келмейді: {reason}. Соңғы көрсеткіштер: {last_ms}.",
            evidence="Әдетте көрсеткіштер {period_s} сайын келеді; олар {lasted} бойы келген жоқ.",
            check="Нысанның қуат көзін, онымен байланысты және шлюздің өзін тексеріңіз.",
            over=f"{{gateway}} шлюзі қайтадан байланыста. {_LASTED}",
        ),
    },
    unknown_code=Phrases(
        name="түрі белгісіз дабыл",
        happened="Шлюз «{code}» түріндегі дабылды хабарлады, бұл бағдарлама ондай түрді білмейді. " + _BEGAN,
        evidence="Берілген сандар: {params}.",
        check="Орталықтың бағдарламасын жаңартыңыз; оған дейін осы нүктенің көрсеткіштерін қараңыз.",
        over="«{code}» түріндегі дабыл алынды, {lasted} бойы тұрды.",
    ),
    reasons={
        Quality.BAD_SENTINEL: "құрылғы үзілу немесе ақау кодын жіберіп тұр",
        Quality.BAD_NOT_FINITE: "құрылғы сан емес мән жіберіп тұр",
        Quality.BAD_DEVICE_STATUS: "құрылғының өзі датчиктің ақауын хабарлап тұр",
        Quality.BAD_OUT_OF_RANGE: "мән мүмкін болатын аралықтан тыс",
        Quality.BAD_RATE: "мән мүмкін болғаннан жылдам өзгеріп жатыр",
        Quality.UNCERTAIN_STALE: "құрылғы ескі көрсеткіштерді қайталап тұр",
        Quality.BAD_REFUSED: "құрылғы бұл арнаны бермей тұр",
        Quality.BAD_NO_ANSWER: "сұрауға жауап жоқ",
        Quality.BAD_GARBLED: "жауаптар бүлініп келеді",
        Quality.BAD_LINK_DOWN: "желі порты ашылмаған",
        Quality.BAD_NOT_TEXT: "мәтін орнына түсініксіз таңбалар келеді",
        "down": "желі порты ашылмаған",
        "no_answer": "бірде-бір құрылғы жауап бермейді",
        "offline": "брокермен байланыс үзілді",
        "stopped": "шлюз бағдарламасы тоқтатылған",
        "stale": "байланыс бар, бірақ жаңа көрсеткіш жоқ",
    },
    unknown_reason="себебі көрсетілмеген",
    relations={
        ">=": "мәнінен кем болмауы тиіс",
        "<=": "мәнінен артық болмауы тиіс",
        "==": "мәніне тең болуы тиіс",
    },
    detectors={
        "innovations": "өткен көрсеткіштер бойынша болжам",
        "seasonal": "осы сағат пен апта күніне тән мәндер",
        "expected": "басқа арналар бойынша есептеу",
        "multivariate": "арналардың үйлесімі",
    },
    unknown_detector="статистикалық модель",
    units={
        "Cel": "°C",
        "kPa": "кПа",
        "Pa": "Па",
        "hPa": "гПа",
        "m3/h": "м³/сағ",
        "t/h": "т/сағ",
        "m3": "м³",
        "t": "т",
        "%": "%",
        "%{RH}": "%",
        "mm": "мм",
        "kW": "кВт",
        "MW.h": "МВт·сағ",
        "V": "В",
        "A": "А",
        "mA": "мА",
        "W": "Вт",
        "var": "вар",
        "VA": "В·А",
        "kW.h": "кВт·сағ",
        "1": "",
        "": "",
        "Hz": "Гц",
        "/min": "айн/мин",
        "s": "с",
        "ug/m3": "мкг/м³",
        "mg/m3": "мг/м³",
        "/dL": "дана, 0,1 литрде",
        "[ppm]": "млн⁻¹",
        "m/s": "м/с",
        "deg": "°",
        "W/m2": "Вт/м²",
        "um": "мкм",
        "mm/h": "мм/сағ",
        "lx": "лк",
        "dB": "дБ",
        "[ppb]": "млрд⁻¹",
    },
    forms={
        Noun.SECOND: ("секунд",),
        Noun.MINUTE: ("минут",),
        Noun.HOUR: ("сағат",),
        Noun.DAY: ("күн",),
        Noun.POLL: ("сұрау",),
        Noun.DEVICE: ("құрылғы",),
    },
    form=_form,
    decimal_mark=",",
    thousands_mark="\N{NO-BREAK SPACE}",
    time="%d.%m.%Y %H:%M",
    rate="минутына {change}",
    device="{} құрылғысы",
    link="{} желісі",
    gateway="{} шлюзі",
    relation="«{}» арналар байланысы",
    incidents={
        "power": "Ортақ себеп, электр қуатының өшуі ықтимал: {sites}",
        "common": "Бірнеше нысан бір мезгілде, ортақ себеп: {sites}",
        "gateway": "Нысаннан дерек келмейді: {sites}",
        "link": "Құрылғылармен байланыс жоқ: {sites}",
        "plant": "Бір себептен туған бірнеше дабыл: {sites}",
    },
    over_title="{title} — алынды",
    covered="Енді жеке дабыл жоқ: осыны «{cause}» дабылы хабарлайды.",
    see_cause="«{cause}» дабылын қараңыз.",
    no_longer_watched="Дабыл алынды: баптау бойынша бұл енді бақыланбайды.",
    nothing_to_do="Ештеңе істеудің қажеті жоқ.",
    clock_not_set="Шлюздің сағаты қойылмаған еді, уақыты шамамен берілген.",
    not_known="белгісіз",
    none="жоқ",
    moment="бір секундқа жетпейтін уақыт",
)
