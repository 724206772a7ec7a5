"""The sample country as written-out facts: one tenth of FARMIS, its districts, names, groups and phones. All people are invented."""

from dataclasses import dataclass

FARMERS, SEED = 1_536, 2026
# Numbers of real form that only the simulator carries. Four more digits follow. Shares in per cent.
PHONES = {"+25677000": 52, "+25675000": 46, "+25671000": 2}
PHONE_USE = {"f": {"own": 40, "shared": 12, "neighbour": 20, "": 28}, "m": {"own": 60, "shared": 11, "neighbour": 15, "": 14}}
ACTIVE = {"f": 48, "m": 57}  # per cent of all, heard from in the last 60 days
AGES = {(18, 24): 10, (25, 34): 24, (35, 49): 38, (50, 64): 21, (65, 82): 7}
ACRES = {(0.2, 0.5): 12, (0.5, 1.0): 22, (1.0, 2.0): 27, (2.0, 5.0): 29, (5.0, 10.0): 8, (10.0, 16.0): 2}
AGREED = {"ussd": 66, "sms": 10, "paper": 20, "": 4}  # how those with a phone agreed; "": not asked yet
# The dirt, on purpose.
ON_ONE_PHONE, RECYCLED, STOPS, DISTRICT_ONLY, CITY_MIXED_UP, DUPLICATES = 3, 2, 4, 60, 7, 20
CITY_OF = ("Masaka", "Masaka City")


@dataclass(frozen=True, slots=True, eq=False)
class District:
    """`share`, `women`, `languages` and `crops` in per cent; `land` multiplies the acres; `names`: whose family names are usual."""

    name: str
    share: int
    women: int
    land: float
    season: str
    names: str
    languages: dict[str, int]
    crops: dict[str, int]


@dataclass(frozen=True, slots=True)
class Group:
    """`members` is what FARMIS's tenth would be scaled from; `beside` lends members where the district has too few."""

    code: str
    name: str
    kind: str
    district: str
    members: int
    women: int
    beside: str = ""


def _crops(words: str) -> dict[str, int]:
    parts = words.split()
    return {crop: int(share) for crop, share in zip(parts[::2], parts[1::2], strict=True)}


DISTRICTS = (
    District(
        "Mubende", 10, 40, 1.1, "south", "lg", {"lg": 85, "nyn": 8, "en": 7}, _crops("maize 85 beans 80 matooke 55 cassava 50 coffee 45")
    ),
    District("Masaka", 10, 43, 0.8, "south", "lg", {"lg": 92, "en": 8}, _crops("matooke 75 coffee 70 beans 65 maize 55 tomato 10")),
    District(
        "Iganga",
        10,
        41,
        0.8,
        "south",
        "xog",
        {"xog": 90, "lg": 7, "en": 3},
        _crops("maize 85 sweet_potato 65 beans 60 cassava 55 groundnut 35 coffee 25 rice 15"),
    ),
    District(
        "Sironko", 7, 42, 0.5, "south", "myx", {"myx": 88, "lg": 7, "en": 5}, _crops("beans 70 maize 70 coffee 65 matooke 65 vegetables 15")
    ),
    District(
        "Soroti",
        9,
        46,
        1.2,
        "north",
        "teo",
        {"teo": 92, "en": 8},
        _crops("cassava 85 groundnut 70 sorghum 60 sweet_potato 60 millet 55 maize 45 greengram 20"),
    ),
    District(
        "Lira", 9, 43, 1.2, "north", "luo", {"laj": 93, "en": 7}, _crops("maize 65 beans 60 cassava 60 sunflower 40 soya 35 sesame 35")
    ),
    District(
        "Gulu",
        8,
        50,
        1.4,
        "north",
        "luo",
        {"ach": 90, "en": 10},
        _crops("groundnut 60 beans 60 cassava 60 maize 55 sesame 50 sorghum 45 rice 20"),
    ),
    District(
        "Arua",
        8,
        38,
        0.9,
        "north",
        "lgg",
        {"lgg": 85, "sw": 8, "en": 7},
        _crops("cassava 80 beans 55 groundnut 50 maize 45 sorghum 40 sesame 35"),
    ),
    District(
        "Masindi",
        8,
        38,
        1.4,
        "south",
        "nyo",
        {"nyo": 65, "ach": 15, "nyn": 10, "sw": 10},
        _crops("maize 85 beans 60 cassava 55 sunflower 10"),
    ),
    District(
        "Kasese",
        5,
        41,
        0.7,
        "south",
        "koo",
        {"koo": 70, "en": 14, "nyn": 10, "sw": 6},
        _crops("maize 60 beans 60 cassava 60 coffee 45 matooke 45 cotton 15"),
    ),
    District("Isingiro", 9, 36, 1.3, "south", "nyn", {"nyn": 94, "en": 6}, _crops("matooke 85 beans 75 milk 45 maize 40 coffee 30")),
    District("Rubanda", 5, 52, 0.5, "south", "nyn", {"cgg": 96, "en": 4}, _crops("beans 85 potato 75 sorghum 55 cabbage 20")),
    District("Napak", 2, 35, 1.5, "karamoja", "kdj", {"kdj": 97, "en": 3}, _crops("sorghum 85 goats 70 maize 45 beans 25")),
)
GROUPED = 65  # per cent of all farmers
GROUPS = (
    Group("KASOLO", "Kasolo Grain Pool", "producer_group", "Mubende", 212, 44, "Masaka"),
    Group("NABITI", "Nabiti Coffee Growers", "producer_group", "Masaka", 164, 38),
    Group("BUYALA", "Buyala Twegaite", "savings_group", "Iganga", 190, 47),
    Group("MWOYO", "Mwoyo Arabica", "cooperative", "Sironko", 120, 41),
    Group("AKWII", "Akwii Women's Nuts", "producer_group", "Soroti", 96, 88),
    Group("NOTEEN", "Note En Teko Oilseeds", "cooperative", "Lira", 240, 45, "Masindi"),
    Group("KICABER", "Kica Ber Farmers", "producer_group", "Gulu", 150, 52),
    Group("RWENTURO", "Rwenturo Dairy & Matooke", "cooperative", "Isingiro", 130, 34),
)
# When people plant, as ((month, day), (month, day)) of its first and last day.
SEASONS = {
    "south": (((3, 1), (4, 25)), ((9, 1), (10, 25))),
    "north": (((4, 1), (5, 20)), ((5, 21), (7, 31))),
    "karamoja": (((4, 5), (5, 31)),),
}
# What of a crop is sold, in per cent: what people name first when asked what they grow to sell.
SOLD = _crops(
    "coffee 100 sunflower 95 cotton 95 soya 90 tomato 85 cabbage 80 potato 65 sesame 65 rice 65 milk 60 maize 55 greengram 55 "
    "vegetables 50  "
    "matooke 45 groundnut 40 beans 35 sorghum 25 cassava 25 goats 25 sweet_potato 20 millet 20"
)
GIVEN = {
    "f": (
        "Sarah Grace Mary Rose Florence Agnes Betty Harriet Jane Prossy Juliet Esther Ruth Scovia Annet Beatrice Christine Dorothy "
        "Edith Evelyn "
        "Fatuma Gertrude Hellen Immaculate Irene Janet Joyce Judith Justine Lydia Margaret Monica Olivia Peace Rebecca Robinah "
        "Stella Teddy Winnie Zainab"
    ),
    "m": (
        "John Joseph Peter Moses David James Robert Samuel Charles Patrick Richard Ronald Geoffrey Godfrey Isaac Ibrahim Emmanuel "
        "Francis Fred George "
        "Hassan Henry Herbert Jackson Julius Kenneth Lawrence Michael Musa Paul Stephen Sulaiman Tom Vincent William Wilson Yusuf "
        "Benard Denis Alex"
    ),
}
# Family names by whose they are, women's and men's where they differ.
FAMILY = {
    "lg": {
        "f": (
            "Nakato Babirye Nalubega Namukasa Nansubuga Nakimuli Namutebi Nabukenya Nakayiza Nanyonga Nassali Nambooze Nabatanzi "
            "Namuli Nakibuuka"
        ),
        "m": "Kato Wasswa Mukasa Ssali Kiwanuka Lubega Ssempijja Kigozi Mugerwa Ssekandi Kaggwa Lukwago Musoke Ssebunya Kyeyune Kasule",
    },
    "xog": {
        "f": "Nabirye Namulondo Naigaga Namukose Kagoya Nakisige Mutesi Namwase Nangobi Kawuma",
        "m": "Waiswa Isabirye Balikowa Mugoya Kirunda Tenywa Isiko Baliraine Muwanika Bageya Kiirya",
    },
    "myx": {
        "f": "Nambozo Nandudu Nafuna Nabude Namono Khainza Nasike Nabulobi Muduwa Neumbe",
        "m": "Wamono Wandera Mafabi Gidudu Wozei Masaba Nambale Wafula Magombe Gimei Kisolo",
    },
    "teo": {"": "Okello Opio Ekwaru Okiror Emuron Otim Ediau Okwii Ocen Etyang Akol Eilu Oluka Engole Esabu Emorut"},
    "luo": {
        "f": "Akello Apio Atim Acen Auma Aciro Adong Akot Amuge Lamwaka Laker Ajok Aber Alal",
        "m": "Okello Opio Otim Ocen Odongo Ojok Okot Oryem Ogwal Komakech Olum Odur Omara Obua",
    },
    "lgg": {"": "Adriko Andama Dradria Ezati Drani Candiru Draru Ayikoru Afeku Ondoma Anguzu Aluma Edema Bako Onzima"},
    "nyo": {"": "Asiimwe Businge Kaahwa Tumusiime Byaruhanga Kabagambe Katusiime Mugisa Isingoma Bigirwa Nyakato Birungi"},
    "koo": {"": "Muhindo Baluku Bwambale Masereka Kule Mbambu Biira Kabugho Thembo Masika Ithungu Mumbere"},
    "nyn": {
        "": (
            "Tumwesigye Ahimbisibwe Atuhaire Kyomugisha Mugisha Arinaitwe Natukunda Twinomujuni Ainembabazi Kamugisha Turyahikayo "
            "Akampurira"
        )
    },
    "kdj": {"": "Lokiru Lomongin Nakiru Lochoro Longole Nakut Lokwang Angella Apuun Lotee Nangiro Loduk"},
}
