"""What farmers grow or keep: one code each, and every word by which people call it."""

from dataclasses import dataclass

from rapidfuzz import fuzz

from profiles.spelling import fold

SURE, DOUBTFUL = 88, 70  # likeness in per cent
SHORTEST = 4  # letters below which only a known word is accepted


@dataclass(frozen=True, slots=True)
class Crop:
    """`aliases`: English, Luganda, Runyankole-Rukiga, Swahili and Acholi words, and the misspellings that we meet."""

    code: str
    aliases: tuple[str, ...]


def _row(code: str, *lines: str) -> Crop:
    return Crop(code, tuple(word.strip() for line in lines for word in line.split(",")))


CROPS: tuple[Crop, ...] = (
    _row(
        "maize",
        "maize, corn, maze, mais, maiz, maise, meize, mayze, mize, maizes",
        "kasooli, kasoli, kasoori, kasooli wa nnyo",
        "ebicoli, ebicoori, ebichoori, ebicori, ekicoori",
        "mahindi, muhindi, hindi",
        "anywagi, anyogi, duma",
    ),
    _row(
        "beans",
        "beans, bean, bins, beens, benes, beanz, bens",
        "ebijanjaalo, bijanjaalo, ebijanjalo, bijanjalo, janjaalo, ejjanjaalo",
        "ebihimba, bihimba, ebiyimba",
        "maharagwe, maharage, halage",
        "muranga, murangu",
    ),
    _row(
        "coffee",
        "coffee, cofee, coffe, cofe, kofi, kafe, robusta, arabica, kiboko",
        "emmwanyi, mmwanyi, mwanyi, emwanyi, kaawa, kawa",
        "omwani, emwani, amwani, omwaani",
        "kahawa, buni",
        "kawa",
    ),
    _row(
        "matooke",
        "matooke, matoke, matoki, matooki, motoke, banana, bananas, plantain, plantains",
        "amatooke, kitooke, ekitooke",
        "ebitooke, ebitoke, bitooke, ebitookye",
        "ndizi, migomba",
        "labolo",
    ),
    _row(
        "cassava",
        "cassava, casava, kasava, casaava, cassav",
        "muwogo, omuwogo, mwogo, muogo",
        "omuhogo, ebiribwa bya muhogo",
        "muhogo, mihogo, mhogo",
        "gwana",
    ),
    _row(
        "sweet_potato",
        "sweet potato, sweet potatoes, sweetpotatos, sweet potatos, swit potato",
        "lumonde, amalumonde",
        "ebitakuli, ebitakuri, ekitakuli",
        "viazi vitamu, kiazi kitamu",
        "layata",
    ),
    _row(
        "groundnut",
        "groundnut, groundnuts, ground nut, ground nuts, gnut, gnuts, g nuts, peanut, peanuts, grandnuts",
        "ebinyebwa, binyebwa, ebinyeebwa, ekinyebwa",
        "ebinyobwa, binyobwa",
        "karanga, njugu, njugu karanga",
        "pul",
    ),
    _row(
        "rice",
        "rice, rise, rais, rces, paddy, upland rice, nerica",
        "omuceere, muceere, mucere, omucere",
        "omuceeri, muceeri",
        "mchele, mpunga",
        "mucele",
    ),
    _row("sorghum", "sorghum, sorgum, sorgam, soghum, sorghams", "omuwemba, muwemba", "omugusha, mugusha", "mtama", "bel"),
    _row("millet", "millet, milet, millets, finger millet", "obulo, bulo", "oburo, buro", "ulezi, wimbi", "kal"),
    _row("greengram", "green gram, green grams, greengram, mung, mung bean, mung beans, gram", "choroko, ndengu, dengu, cooroko, pojo"),
    _row("soya", "soya, soy, soja, soya bean, soya beans, soybean, soybeans, soyabin, soyabins, soya bins"),
    _row("sesame", "sesame, simsim, sim sim, simusimu, sesam, sisim", "entungo, ntungo", "ufuta", "nyim"),
    _row("sunflower", "sunflower, sun flower, sunflowers, sunflawa, sanflower", "alizeti"),
    _row("cotton", "cotton, coton, kotoni, cottons", "ppamba, pamba, ppaamba"),
    _row(
        "potato",
        "potato, potatoes, potatos, irish, irish potato, irish potatoes, irishpotatos, ayrish",
        "obumonde",
        "emondi, mondi, ebyokulya bya mondi",
        "viazi, viazi mviringo, viazi ulaya",
    ),
    _row(
        "tomato",
        "tomato, tomatoes, tomatos, tomatoe, tamato, tomoto",
        "ennyaanya, nnyaanya, nyaanya, ennyanya",
        "enyaanya, enyanya",
        "nyanya",
    ),
    _row("cabbage", "cabbage, cabbages, cabage, kabage, kabeji, kabichi, kabbichi, kabegi"),
    _row(
        "vegetables",
        "vegetables, vegetable, vegitables, vegetabo, veges, veggies, veg, greens, dodo, nakati, sukuma, sukuma wiki",
        "enva, enva endiirwa",
        "mboga",
    ),
    _row("milk", "milk, milks, dairy, dairy cow, dairy cows, fresh milk", "amata, mata", "amate", "maziwa", "cak"),
    _row("goats", "goats, goat, gots, gouts", "embuzi, mbuzi", "mbuzi", "dyel, dyegi"),
)
NAMES = frozenset({"kaahwa"})  # of people, so like a crop that they would be taken for it
BY_CODE = {crop.code: crop for crop in CROPS}
SPELLINGS = {fold(word): crop for crop in CROPS for word in (crop.code, *crop.aliases)}


def find(typed: str) -> Crop | None:
    """The crop that was surely meant: a known word, or so like the words of one crop, and of no other, that nobody doubts."""
    key = fold(typed)
    if key in SPELLINGS:
        return SPELLINGS[key]
    if key in NAMES:
        return None
    # A first letter is seldom wrong, and a short word with another one is another word: "price" is not rice.
    sure = [crop for crop, score in _scores(key) if score >= SURE and (len(key) > 6 or _begins_alike(key, crop))]
    return sure[0] if len(sure) == 1 else None


def like(typed: str) -> list[Crop]:
    """The crops that may have been meant, likeliest first, to be asked back; [] when one surely was, or none."""
    key = fold(typed)
    return [] if find(typed) is not None else [crop for crop, _ in _scores(key)]


def _scores(key: str) -> list[tuple[Crop, float]]:
    if len(key) < SHORTEST:
        return []
    best: dict[Crop, float] = {}
    for spelling, crop in SPELLINGS.items():
        score = fuzz.ratio(key, spelling, score_cutoff=DOUBTFUL) if len(spelling) >= SHORTEST else 0
        if score > best.get(crop, 0):
            best[crop] = score
    return sorted(best.items(), key=lambda pair: -pair[1])


def _begins_alike(key: str, crop: Crop) -> bool:
    return any(spelling[0] == key[0] and fuzz.ratio(key, spelling) >= SURE for spelling, one in SPELLINGS.items() if one is crop)
