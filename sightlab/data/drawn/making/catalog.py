"""The catalog of the drawn world: which landmarks there are, where they stand, and how people see them.

Names and places are invented; positions lie in plausible parts of the world, and real arithmetic holds:
landmarks of one site stand as many meters apart as their coordinates say. Every site has its own frame:
x east, y north, in meters from the site's position.

Source: ours. The cases it rebuilds (cathedrals of one style, a belfry seen from its square and over side
streets, a palace whose square holds a column): Boiarov & Tyantov 2019 (article).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, radians

from sightlab.checks import InputError, check_choice, check_fraction

METERS_PER_DEGREE = 111_320.0  # of latitude, everywhere, within 0.6 %
REGIONS = ("europe", "middle_south", "new_world", "orient")
VIEW_KINDS = ("frontal", "close", "side", "far", "behind", "detail", "interior", "pair")


@dataclass(frozen=True)
class CatalogLandmark:
    """One landmark of the drawn world."""

    landmark_id: str  # also the name of its builder in BUILDINGS or NATURE
    name: str
    site: str  # of SITES: where it stands
    n_photos: int  # train photos at size tour, right and wrong ones: a long tail
    x: float = 0.0  # meters east of the site's position
    y: float = 0.0  # meters north of it
    turn: float = 0.0  # degrees counter-clockwise; at 0 its front looks south
    pin: tuple[float, float] = (0.0, 0.0)  # where its coordinates lie, meters from it: mountains are far away
    kind: str = "built"  # built or nature
    family: str = ""  # look-alikes share one; "" for a landmark that stands alone
    neighbor: str = ""  # landmark whose photos are collected under this one's name, "" for none
    dirt: float = 0.12  # share of its collected photos that are wrong, [0, 1)
    views: tuple[tuple[str, float], ...] = ()  # (view kind, share of its photos); (): those of its kind

    def __post_init__(self):
        check_choice(self.kind, "kind", ("built", "nature"))
        check_fraction(self.dirt, "dirt", high_open=True)
        for view, _ in self.views:
            check_choice(view, "view", VIEW_KINDS)

    @property
    def view_shares(self) -> dict[str, float]:
        """View kind -> share of the landmark's photos; the shares add up to 1."""
        views = dict(self.views or _USUAL[self.kind])
        total = sum(views.values())
        return {kind: share / total for kind, share in views.items()}


@dataclass(frozen=True)
class Site:
    """A place where one or two landmarks stand."""

    city: str
    country: str
    region: str
    lat: float  # degrees, WGS 84, of the site's frame
    lon: float
    surroundings: str  # kind of surroundings
    clear_radius: float = 120.0  # meters around the frame without houses and trees
    guests: tuple[tuple[str, float, float], ...] = ()  # landmarks of another site in sight: id, x, y

    def __post_init__(self):
        check_choice(self.region, "region", REGIONS)

    def position(self, x: float, y: float) -> tuple[float, float]:
        """Latitude and longitude in degrees of a point x meters east and y meters north."""
        return moved_position(self.lat, self.lon, x, y)


def moved_position(lat: float, lon: float, east: float, north: float) -> tuple[float, float]:
    """The position, degrees, that lies so many meters east and north of another; for less than 100 km."""
    return float(lat + north / METERS_PER_DEGREE), float(lon + east / (METERS_PER_DEGREE * cos(radians(lat))))


_USUAL = {
    "built": (
        ("frontal", 0.34),
        ("close", 0.18),
        ("side", 0.18),
        ("far", 0.14),
        ("behind", 0.08),
        ("detail", 0.08),
    ),
    "nature": (("frontal", 0.5), ("side", 0.25), ("far", 0.25)),
}
_WITH_INTERIOR = (
    ("frontal", 0.3),
    ("interior", 0.22),
    ("close", 0.14),
    ("side", 0.16),
    ("far", 0.1),
    ("detail", 0.08),
)
_WITH_NEIGHBOR = (
    ("frontal", 0.3),
    ("pair", 0.16),
    ("close", 0.16),
    ("side", 0.2),
    ("far", 0.1),
    ("detail", 0.08),
)
_BELFRY = (("frontal", 0.36), ("far", 0.34), ("close", 0.16), ("side", 0.14))
_ALL_AROUND = (("frontal", 0.48), ("side", 0.26), ("far", 0.18), ("behind", 0.08))
_ALONG = (("frontal", 0.36), ("side", 0.36), ("far", 0.28))

SITES = {
    "amery": Site("Amery", "Galland", "europe", 49.8946, 2.3022, "old_town", 150),
    "rhenne": Site("Rhenne", "Galland", "europe", 49.2538, 4.0341, "old_town", 150),
    "lutrec": Site("Lutrec", "Galland", "europe", 48.8530, 2.3499, "old_town", 150),
    "bruyne": Site("Bruyne", "Vlamark", "europe", 51.2083, 3.2247, "old_town"),
    "petrow": Site("Petrow", "Nevaria", "europe", 59.9404, 30.3138, "old_town", 260),
    "praven": Site("Praven", "Bohmia", "europe", 50.0865, 14.4114, "river", 148),
    "halden": Site("Halden", "Karnolia", "europe", 46.3636, 14.0938, "mountains", 900),
    "gezira": Site("Gezira", "Kemria", "middle_south", 29.9792, 31.1342, "desert", 1200),
    "thebar": Site("Thebar", "Kemria", "middle_south", 25.6995, 32.6391, "desert", 200),
    "siwal": Site("Siwal", "Kemria", "middle_south", 29.2032, 25.5195, "desert", 400),
    "istara": Site("Istara", "Anadol", "middle_south", 41.0054, 28.9768, "park", 160),
    "palmar": Site("Palmar", "Tadmor", "middle_south", 34.5505, 38.2689, "desert", 260),
    "tarim": Site("Wadi Tarim", "Nabat", "middle_south", 29.5766, 35.4199, "desert", 1500),
    "meridian": Site("Port Meridian", "Columbia Union", "new_world", 40.7484, -73.9857, "modern_city", 90),
    "harbor": Site(
        "Port Meridian",
        "Columbia Union",
        "new_world",
        40.731781,
        -73.986411,
        "coast",
        200,
        guests=(("meridian_tower", 60.0, 1850.0),),
    ),
    "san_amaro": Site("San Amaro", "Columbia Union", "new_world", 37.8199, -122.4783, "coast", 545),
    "washbourne": Site("Washbourne", "Columbia Union", "new_world", 38.8899, -77.0091, "park", 200),
    "niawa": Site("Niawa", "Laurentia", "new_world", 43.0799, -79.0747, "jungle", 500),
    "latanga": Site("Latanga", "Andoria", "new_world", -0.6841, -78.4377, "plain", 6000),
    "kukul": Site("Kukul", "Yucara", "new_world", 20.6829, -88.5686, "jungle", 120),
    "kyonara": Site("Kyonara", "Hinoto", "orient", 34.9804, 135.7478, "park", 80),
    "stone_garden": Site("Kyonara", "Hinoto", "orient", 35.0394, 135.7292, "park", 60),
    "miyara": Site("Miyara", "Hinoto", "orient", 34.2973, 132.3182, "coast", 120),
    "fujara": Site("Lake Kawara", "Hinoto", "orient", 35.3606, 138.7274, "plain", 6000),
    "beishan": Site("Beishan", "Zhongara", "orient", 39.9163, 116.3972, "modern_city", 260),
    "badain": Site("Badain", "Zhongara", "orient", 40.4319, 116.5704, "mountains", 700),
    "lijan": Site("Lijan", "Zhongara", "orient", 24.7781, 110.4966, "river", 900),
    "yangora": Site("Yangora", "Bagara", "orient", 16.7983, 96.1497, "jungle", 140),
}


def _built(landmark_id: str, name: str, site: str, n_photos: int, **facts) -> CatalogLandmark:
    return CatalogLandmark(landmark_id, name, site, n_photos, **facts)


def _nature(landmark_id: str, name: str, site: str, n_photos: int, **facts) -> CatalogLandmark:
    return CatalogLandmark(landmark_id, name, site, n_photos, kind="nature", **facts)


_ALL = (
    _built("amery_cathedral", "Amery Cathedral", "amery", 68, family="gothic", views=_WITH_INTERIOR),
    _built("rhenne_cathedral", "Rhenne Cathedral", "rhenne", 42, family="gothic"),
    _built("lutrec_cathedral", "Lutrec Cathedral", "lutrec", 100, family="gothic", views=_WITH_INTERIOR),
    _built("bruyne_belfry", "Belfry of Bruyne", "bruyne", 50, views=_BELFRY),
    _built(
        "petrow_winter_palace", "Winter Palace of Petrow", "petrow", 54,
        neighbor="petrow_victory_column", views=_WITH_NEIGHBOR,
    ),
    _built(
        "petrow_victory_column", "Victory Column of Petrow", "petrow", 26,
        y=-150, neighbor="petrow_winter_palace", dirt=0.25, views=_WITH_NEIGHBOR,
    ),
    _built("praven_stone_bridge", "Stone Bridge of Praven", "praven", 28, views=_ALONG),
    _nature("mirror_lake", "Mirror Lake", "halden", 18),
    _built(
        "gezira_great_pyramid", "Great Pyramid of Gezira", "gezira", 90,
        family="pyramid", neighbor="gezira_step_pyramid", views=_WITH_NEIGHBOR,
    ),
    _built(
        "gezira_step_pyramid", "Step Pyramid of Gezira", "gezira", 22, x=-640, y=480,
        family="pyramid", neighbor="gezira_great_pyramid", views=_WITH_NEIGHBOR,
    ),
    _built("thebar_obelisk", "Obelisk of Thebar", "thebar", 15),
    _nature("siwal_oasis", "Siwal Oasis", "siwal", 12),
    _built("istara_blue_mosque", "Blue Mosque of Istara", "istara", 78, family="dome", views=_WITH_INTERIOR),
    _built("palmar_sun_gate", "Sun Gate of Palmar", "palmar", 16),
    _nature("red_mesa", "Red Mesa", "tarim", 13, pin=(0, -1300), views=_ALL_AROUND),
    _built("meridian_tower", "Meridian Tower", "meridian", 150, neighbor="harbor_lady"),
    _built("harbor_lady", "Harbor Lady", "harbor", 60, neighbor="meridian_tower", views=_WITH_NEIGHBOR),
    _built("crimson_gate_bridge", "Crimson Gate Bridge", "san_amaro", 120, views=_ALONG),
    _built(
        "washbourne_capitol", "Washbourne Capitol", "washbourne", 36, family="dome", views=_WITH_INTERIOR
    ),
    _nature("thundering_falls", "Thundering Falls", "niawa", 22),
    _nature(
        "mount_pelado", "Mount Pelado", "latanga", 14,
        family="volcano", pin=(0, -5400), views=_ALL_AROUND,
    ),
    _built("kukul_temple", "Temple of Kukul", "kukul", 18, family="pyramid"),
    _built("kyonara_pagoda", "Pagoda of Kyonara", "kyonara", 24),
    _built("miyara_gate", "Water Gate of Miyara", "miyara", 20),
    _built("beishan_hall", "Hall of Beishan", "beishan", 32),
    _built("badain_wall", "Badain Wall", "badain", 26, views=(*_ALONG, ("close", 0.3))),
    _nature("lijan_karst", "Lijan Karst", "lijan", 14),
    _nature(
        "mount_fujara", "Mount Fujara", "fujara", 34,
        family="volcano", pin=(0, -5900), views=_ALL_AROUND,
    ),
    _built("yangora_stupa", "Golden Stupa of Yangora", "yangora", 13, family="dome"),
    _nature("stone_garden", "Stone Garden", "stone_garden", 12),
)  # fmt: skip
CATALOG = {landmark.landmark_id: landmark for landmark in _ALL}


def landmarks_at(site: str) -> tuple[CatalogLandmark, ...]:
    """The landmarks of one site, in the order of the catalog."""
    if site not in SITES:
        raise InputError(f"site={site!r} is unknown. Choose one of: {', '.join(SITES)}.")
    return tuple(landmark for landmark in _ALL if landmark.site == site)


def landmark_position(landmark: CatalogLandmark) -> tuple[float, float]:
    """Latitude and longitude of a landmark in degrees; of a mountain, of where it is photographed from."""
    return SITES[landmark.site].position(landmark.x + landmark.pin[0], landmark.y + landmark.pin[1])


def look_alikes(landmark_ids: Iterable[str] = CATALOG) -> dict[str, tuple[str, ...]]:
    """Family -> its landmarks, of those asked for; families of one are left out."""
    families: dict[str, list[str]] = {}
    for landmark_id in landmark_ids:
        if CATALOG[landmark_id].family:
            families.setdefault(CATALOG[landmark_id].family, []).append(landmark_id)
    return {family: tuple(ids) for family, ids in families.items() if len(ids) > 1}
