"""Writes fixtures/goldens/pictures: small pictures and the colours in them.

Each array holds the bytes of a file that shows eight colours, four above and
four below, in some format, depth, sample layout and colour space;
`NAME right` has what a viewer must show, sRGB, [8, 3]. References: lcms 2 through
Pillow's ImageCms, perceptual intent, for profiles; the formulas of PNG,
third edition, for gAMA, cHRM and cICP, of TIFF 6.0 for YCbCr, of CIE for Lab.
16-bit samples are 8-bit ones times 257, so that lcms may work on 8 bits.

Usage: python tools/goldens/pictures.py
"""

import shutil
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import PIL
from PIL import Image, ImageCms
from safetensors.numpy import save_file

OUT = Path(__file__).parents[2] / "fixtures" / "goldens" / "pictures"
COLOURS = np.array([[200, 40, 30], [30, 180, 60], [128, 128, 128],
                    [20, 60, 220], [250, 240, 20], [10, 12, 14],
                    [240, 245, 250], [90, 60, 120]], np.uint8)
ALPHA = np.array([255, 128, 0, 64, 255, 200, 16, 255], np.uint8)
D65, D50 = (0.3127, 0.329), (0.3457, 0.3585)
SRGB = [(0.64, 0.33), (0.3, 0.6), (0.15, 0.06)]
METADATA = {"source": f"lcms in Pillow {PIL.__version__}",
            "generator": "tools/goldens/pictures.py"}
arrays: dict[str, np.ndarray] = {}


def show(name: str, data: bytes, right: np.ndarray) -> None:
    arrays[name] = np.frombuffer(data, np.uint8)
    arrays[f"{name} right"] = np.asarray(right).round().astype(np.uint8)


def patches(colours: np.ndarray, side: int = 2) -> np.ndarray:
    """[8, C] to [2 * side, 4 * side, C]."""
    grid = colours.reshape(2, 4, -1)
    return grid.repeat(side, 0).repeat(side, 1)


# Colour profiles

def xyz(point: tuple) -> np.ndarray:
    x, y = point
    return np.array([x / y, 1, (1 - x - y) / y])


def to_pcs(primaries: list, white: tuple) -> np.ndarray:
    """Linear RGB to XYZ of D50, Bradford."""
    corners = np.stack([xyz(p) for p in primaries], 1)
    matrix = corners * np.linalg.solve(corners, xyz(white))
    cone = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367],
                     [0.0389, -0.0685, 1.0296]])
    scale = np.diag((cone @ [0.96420, 1, 0.82491]) / (cone @ xyz(white)))
    return np.linalg.solve(cone, scale @ cone @ matrix)


def s15(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(v * 65536)) for v in values)


def profile(tags: dict[str, bytes], space: str, version: int = 2,
            kind: str = "mntr", pcs: str = "XYZ ") -> bytes:
    tags = {"desc": b"desc\0\0\0\0\0\0\0\5test\0" + bytes(78) + b"\0",
            "wtpt": b"XYZ \0\0\0\0" + s15(0.9642, 1, 0.8249),
            "cprt": b"text\0\0\0\0none\0", **tags}
    at = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        table += struct.pack(">4sII", tag.encode(), at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = bytearray(128)
    struct.pack_into(">I4sI4s4s4s", head, 0, at + len(body), b"lcms",
                     version << 24, kind.encode(), space.encode().ljust(4),
                     pcs.encode())
    struct.pack_into(">6H4s", head, 24, 2026, 1, 1, 0, 0, 0, b"acsp")
    head[68:80] = s15(0.9642, 1, 0.8249)
    return bytes(head) + table + body


def gamma_curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0\0\0\0\1" + struct.pack(">H", round(gamma * 256)) + b"\0\0"


def table_curve(gamma: float, size: int = 64) -> bytes:
    values = (np.linspace(0, 1, size) ** gamma * 65535).round().astype(">u2")
    return b"curv\0\0\0\0" + struct.pack(">I", size) + values.tobytes()


LINEAR = b"curv\0\0\0\0\0\0\0\0"
SRGB_CURVE = b"para\0\0\0\0\0\3\0\0" + s15(2.4, 1 / 1.055, 0.055 / 1.055,
                                           1 / 12.92, 0.04045)


def rgb_profile(primaries: list, white: tuple, curve: bytes,
                version: int = 2) -> bytes:
    columns = to_pcs(primaries, white).T
    return profile({
        **{f"{c}XYZ": b"XYZ \0\0\0\0" + s15(*v)
           for c, v in zip("rgb", columns)},
        **{f"{c}TRC": curve for c in "rgb"}}, "RGB", version)


def lut_profile(space: str, channels: int, kind: str) -> bytes:
    """Eight-bit table of two points an axis: Lab that depends on the inks."""
    axes = np.indices((2,) * channels).reshape(channels, -1).T
    ink = axes if space == "CMYK" else 1 - axes
    lab = np.stack([255 * np.clip(1 - ink @ np.array(
        [0.35, 0.4, 0.1, 0.85][:channels]), 0, 1),
        128 + ink[:, :3] @ [-35, 70, -5], 128 + ink[:, :3] @ [-45, -5, 85]], 1)
    identity = bytes(range(256))
    data = b"mft1\0\0\0\0" + bytes([channels, 3, 2, 0]) + \
        s15(1, 0, 0, 0, 1, 0, 0, 0, 1) + identity * channels + \
        lab.clip(0, 255).round().astype(np.uint8).tobytes() + identity * 3
    return profile({"A2B0": data}, space, 2, kind, "Lab ")


def undated(icc: bytes) -> bytes:
    return icc[:24] + struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + icc[36:]


P3 = [(0.68, 0.32), (0.265, 0.69), (0.15, 0.06)]
ADOBE = [(0.64, 0.33), (0.21, 0.71), (0.15, 0.06)]
PROPHOTO = [(0.734699, 0.265301), (0.159597, 0.840403), (0.036598, 0.000105)]
REC2020 = [(0.708, 0.292), (0.17, 0.797), (0.131, 0.046)]
SRGB_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
PROFILES = {
    "srgb": undated(SRGB_PROFILE.tobytes()),
    "adobe": rgb_profile(ADOBE, D65, gamma_curve(563 / 256)),
    "p3": rgb_profile(P3, D65, SRGB_CURVE, 4),
    "prophoto": rgb_profile(PROPHOTO, D50, gamma_curve(1.8)),
    "rec2020": rgb_profile(REC2020, D65, table_curve(2.4), 4),
    "linear": rgb_profile(SRGB, D65, LINEAR),
    "lut": lut_profile("RGB", 3, "mntr"),
}
def parametric(kind: int, *numbers: float) -> bytes:
    return b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + s15(*numbers)


GREYS = {"g18": profile({"kTRC": gamma_curve(1.8)}, "GRAY"),
         "glinear": profile({"kTRC": LINEAR}, "GRAY", 4),
         "gtable": profile({"kTRC": table_curve(2.6)}, "GRAY"),
         **{f"gpara{numbers[0]}": profile({"kTRC": parametric(*numbers)},
                                          "GRAY", 4) for numbers in [
             (0, 1.7), (1, 2.1, 0.9, 0.1), (2, 1.9, 0.9, 0.05, 0.04),
             (3, 2.4, 0.948, 0.052, 0.0774, 0.04045),
             (4, 2.2, 0.9, 0.1, 0.06, 0.08, -0.02, 0.005)]}}
# The curves of L*: its profile connection space is Lab
GREY_LAB = profile({"kTRC": gamma_curve(1.2)}, "GRAY", 2, "mntr", "Lab ")
CMYK = lut_profile("CMYK", 4, "prtr")


def seen(values: np.ndarray, mode: str, icc: bytes) -> np.ndarray:
    """Colours that lcms makes of 8-bit samples, [N, 3]."""
    image = Image.fromarray(np.ascontiguousarray(values)[None]) \
        if mode != "CMYK" else Image.frombytes("CMYK", (len(values), 1),
                                               values.tobytes())
    made = ImageCms.profileToProfile(
        image, ImageCms.ImageCmsProfile(BytesIO(icc)), SRGB_PROFILE,
        ImageCms.Intent.PERCEPTUAL, outputMode="RGB")
    return np.asarray(made)[0].astype(float)


def on_white(colours: np.ndarray, alpha: np.ndarray = ALPHA) -> np.ndarray:
    share = alpha[:, None] / 255
    return colours * share + 255 * (1 - share)


def encode(linear: np.ndarray) -> np.ndarray:
    """sRGB of light, 0 to 255."""
    v = np.clip(linear, 0, 1)
    return 255 * np.where(v <= 0.0031308, 12.92 * v,
                          1.055 * v ** (1 / 2.4) - 0.055)


def decode(values: np.ndarray) -> np.ndarray:
    v = values / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


# PNG

def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + \
        struct.pack(">I", zlib.crc32(kind + data))


def packed(rows: np.ndarray, depth: int) -> np.ndarray:
    """[H, W * C] samples to [H, bytes], big-endian."""
    if depth == 16:
        return rows.astype(">u2").view(np.uint8)
    bits = (rows[..., None] >> np.arange(depth)[::-1]) & 1
    return np.packbits(bits.reshape(len(rows), -1).astype(np.uint8), axis=1)


def scan(samples: np.ndarray, depth: int) -> bytes:
    rows = packed(samples.reshape(len(samples), -1).astype(int), depth)
    return b"".join(b"\0" + row.tobytes() for row in rows)


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
         (1, 0, 2, 2), (0, 1, 1, 2)]


def png(samples: np.ndarray, depth: int, colour: int, extra: bytes = b"",
        interlaced: bool = False, before_end: bytes = b"") -> bytes:
    """`samples` is [H, W, C]."""
    h, w = samples.shape[:2]
    passes = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7] \
        if interlaced else [samples]
    pixels = b"".join(scan(p, depth) for p in passes if p.size)
    head = struct.pack(">IIBBBBB", w, h, depth, colour, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + \
        chunk(b"IDAT", zlib.compress(pixels)) + before_end + chunk(b"IEND", b"")


def iccp(icc: bytes) -> bytes:
    return chunk(b"iCCP", b"test\0\0" + zlib.compress(icc))


def chrm(primaries: list, white: tuple) -> bytes:
    numbers = [round(v * 100000) for p in [white, *primaries] for v in p]
    return chunk(b"cHRM", struct.pack(">8I", *numbers))


def gama(gamma: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(gamma * 100000)))


def wide(values: np.ndarray) -> np.ndarray:
    return values.astype(int) * 257


def write_png() -> None:
    rgb, grey = patches(COLOURS), COLOURS[:, 1:2]
    rgba = np.concatenate([COLOURS, ALPHA[:, None]], 1)
    greya = np.concatenate([grey, ALPHA[:, None]], 1)
    for name, icc in PROFILES.items():
        right = seen(COLOURS, "RGB", icc)
        show(f"rgb8-{name}.png", png(rgb, 8, 2, iccp(icc)), right)
        show(f"rgb16-{name}.png", png(wide(rgb), 16, 2, iccp(icc)), right)
        show(f"rgba16-{name}.png", png(wide(patches(rgba)), 16, 6, iccp(icc)),
             on_white(right))
    show("rgba8-adobe.png", png(patches(rgba), 8, 6, iccp(PROFILES["adobe"])),
         on_white(seen(COLOURS, "RGB", PROFILES["adobe"])))
    for name, icc in {**GREYS, "glab": GREY_LAB}.items():
        right = seen(grey[:, 0], "L", icc)
        show(f"grey8-{name}.png", png(patches(grey), 8, 0, iccp(icc)), right)
        show(f"grey16-{name}.png", png(wide(patches(grey)), 16, 0, iccp(icc)),
             right)
        show(f"greya16-{name}.png",
             png(wide(patches(greya)), 16, 4, iccp(icc)), on_white(right))
    show("greya8-g18.png", png(patches(greya), 8, 4, iccp(GREYS["g18"])),
         on_white(seen(grey[:, 0], "L", GREYS["g18"])))
    three = grey.repeat(3, 1)
    damaged = PROFILES["adobe"][:400]
    for depth, pixels in ((8, rgb), (16, wide(rgb))):
        show(f"rgb{depth}-damaged.png", png(pixels, depth, 2, iccp(damaged)),
             COLOURS)
    show("rgb16.png", png(wide(rgb), 16, 2), COLOURS)
    show("rgba16.png", png(wide(patches(rgba)), 16, 6), on_white(COLOURS))
    show("grey16.png", png(wide(patches(grey)), 16, 0), three)
    show("greya16.png", png(wide(patches(greya)), 16, 4), on_white(three))
    show("rgb16-interlaced-adobe.png",
         png(wide(rgb), 16, 2, iccp(PROFILES["adobe"]), True),
         seen(COLOURS, "RGB", PROFILES["adobe"]))
    index = np.arange(8)[:, None]
    palette = chunk(b"PLTE", COLOURS.tobytes())
    show("palette4-alpha.png", png(patches(index), 4, 3,
         palette + chunk(b"tRNS", ALPHA.tobytes())), on_white(COLOURS))
    show("palette8-adobe.png", png(patches(index), 8, 3,
         iccp(PROFILES["adobe"]) + palette),
         seen(COLOURS, "RGB", PROFILES["adobe"]))
    for depth in (1, 2, 4):
        steps = index % (1 << depth)
        show(f"grey{depth}.png", png(patches(steps), depth, 0),
             (steps * (255 // ((1 << depth) - 1))).repeat(3, 1))
    key = struct.pack(">3H", *wide(COLOURS[2]))
    opaque = np.where(np.arange(8) == 2, 0, 255).astype(np.uint8)
    show("rgb16-key.png", png(wide(rgb), 16, 2, chunk(b"tRNS", key)),
         on_white(COLOURS, opaque))
    light = decode(COLOURS.astype(float))
    pcs = np.linalg.inv(to_pcs(SRGB, D65))
    adobe = (COLOURS / 255) ** 2.2 @ (pcs @ to_pcs(ADOBE, D65)).T
    p3 = light @ (pcs @ to_pcs(P3, D65)).T
    for depth, pixels in ((8, rgb), (16, wide(rgb))):
        show(f"rgb{depth}-srgb-chunk.png", png(pixels, depth, 2,
             chunk(b"sRGB", b"\0") + gama(1 / 2.2) + chrm(SRGB, D65)), COLOURS)
        show(f"rgb{depth}-gama-srgb.png",
             png(pixels, depth, 2, gama(0.45455) + chrm(SRGB, D65)), COLOURS)
        show(f"rgb{depth}-gama-linear.png", png(pixels, depth, 2, gama(1)),
             encode(COLOURS / 255))
        show(f"rgb{depth}-gama-chrm-adobe.png",
             png(pixels, depth, 2, gama(1 / 2.2) + chrm(ADOBE, D65)),
             encode(adobe))
        show(f"rgb{depth}-cicp-p3.png", png(pixels, depth, 2,
             chunk(b"cICP", bytes([12, 13, 0, 1]))), encode(p3))
        show(f"rgb{depth}-cicp-srgb.png", png(pixels, depth, 2,
             chunk(b"cICP", bytes([1, 13, 0, 1]))), COLOURS)
        show(f"rgb{depth}-cicp-pq.png", png(pixels, depth, 2,
             chunk(b"cICP", bytes([9, 16, 0, 1]))), COLOURS * 0)
    show("grey8-gama-linear.png", png(patches(grey), 8, 0, gama(1)),
         encode(three / 255))
    show("palette4-gama-linear.png", png(patches(index), 4, 3, gama(1) + palette),
         encode(COLOURS / 255))
    frames = chunk(b"acTL", struct.pack(">II", 2, 0)) + chunk(
        b"fcTL", struct.pack(">IIIIIHHBB", 0, 8, 4, 0, 0, 1, 1, 0, 0))
    second = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 1, 8, 4, 0, 0, 1, 1, 0, 0)
                   ) + chunk(b"fdAT", struct.pack(">I", 2) +
                             zlib.compress(scan(rgb * 0, 8)))
    show("animated.png", png(rgb, 8, 2, frames, before_end=second), COLOURS)


# TIFF

def tiff(samples: np.ndarray, photometric: int, *, order: str = "<",
         planar: bool = False, tile: int = 0, deflate: bool = False,
         predictor: int = 1, bits: int = 0, tags: dict | None = None,
         icc: bytes = b"", big: bool = False, pages: int = 1) -> bytes:
    """`samples` is [H, W, C]; its dtype says depth and sample format."""
    h, w, c = samples.shape
    kind = samples.dtype.kind
    depth = bits or samples.dtype.itemsize * 8
    planes = [samples[..., i:i + 1] for i in range(c)] if planar else [samples]
    parts = []
    for plane in planes:
        if tile:
            plane = np.pad(plane, ((0, -h % tile), (0, -w % tile), (0, 0)))
        step = tile or max(h, w)
        for y in range(0, len(plane), step):
            for x in range(0, plane.shape[1], step):
                part = plane[y:y + step, x:x + step]
                if predictor == 2:
                    part = np.concatenate([part[:, :1], np.diff(part, axis=1)],
                                          1)
                rows = packed(part.reshape(len(part), -1).astype(int), bits) \
                    if bits else part.astype(part.dtype.newbyteorder(order))
                data = rows.tobytes()
                parts.append(zlib.compress(data) if deflate else data)
    long, size = ("Q", 20) if big else ("I", 12)
    at = 16 if big else 8
    offsets = np.cumsum([at] + [len(p) for p in parts])[:-1].tolist()
    body = b"".join(parts)
    body += bytes(len(body) % 2)
    entries = {256: ("I", [w]), 257: ("I", [h]), 258: ("H", [depth] * c),
               259: ("H", [8 if deflate else 1]), 262: ("H", [photometric]),
               277: ("H", [c]), 284: ("H", [2 if planar else 1]),
               339: ("H", [{"u": 1, "i": 2, "f": 3, "b": 1}[kind]] * c)}
    if predictor > 1:
        entries[317] = ("H", [predictor])
    names = (324, 325) if tile else (273, 279)
    entries[names[0]] = (long, offsets)
    entries[names[1]] = (long, [len(p) for p in parts])
    if tile:
        entries[322], entries[323] = ("I", [tile]), ("I", [tile])
    else:
        entries[278] = ("I", [h])
    if icc:
        entries[34675] = ("B", list(icc))
    entries.update(tags or {})
    codes = {"B": 1, "H": 3, "I": 4, "Q": 16}
    for page in range(pages):
        start = at + len(body)
        table = struct.pack(order + ("Q" if big else "H"), len(entries))
        end = start + len(table) + size * len(entries) + (8 if big else 4)
        tail = b""
        for tag in sorted(entries):
            code, values = entries[tag]
            data = struct.pack(order + code * len(values), *values)
            table += struct.pack(order + "HH" + long, tag, codes[code],
                                 len(values))
            room = 8 if big else 4
            if len(data) > room:
                table += struct.pack(order + long, end + len(tail))
                tail += data + bytes(len(data) % 2)
            else:
                table += data.ljust(room, b"\0")
        following = end + len(tail) if page < pages - 1 else 0
        body += table + struct.pack(order + long, following) + tail
    mark = b"II" if order == "<" else b"MM"
    head = mark + (struct.pack(order + "HHHQ", 43, 8, 0, 0) if big
                   else struct.pack(order + "HI", 42, 0))
    first = at + sum(len(p) for p in parts)
    first += first % 2
    return head[:-8 if big else -4] + struct.pack(order + long, first) + body


def lab_of(colours: np.ndarray) -> np.ndarray:
    white = np.array([0.96420, 1, 0.82491])
    t = decode(colours.astype(float)) @ to_pcs(SRGB, D65).T / white
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]),
                     200 * (f[:, 1] - f[:, 2])], 1)


def write_tiff() -> None:
    rgb, rgb16 = patches(COLOURS), wide(patches(COLOURS)).astype(np.uint16)
    grey = COLOURS[:, 1:2]
    g8, three = patches(grey), grey.repeat(3, 1)
    g16 = wide(g8).astype(np.uint16)
    rgba = patches(np.concatenate([COLOURS, ALPHA[:, None]], 1))
    premultiplied = np.concatenate(
        [(COLOURS * (ALPHA[:, None] / 255)).round().astype(np.uint8),
         ALPHA[:, None]], 1)
    unassociated = {338: ("H", [2])}
    adobe = PROFILES["adobe"]
    for order, name in (("<", "little"), (">", "big")):
        show(f"rgb8-{name}.tif", tiff(rgb, 2, order=order), COLOURS)
        show(f"rgb16-{name}.tif", tiff(rgb16, 2, order=order), COLOURS)
    for name in ("srgb", "adobe", "p3", "prophoto", "linear", "lut"):
        icc = PROFILES[name]
        show(f"rgb16-{name}.tif", tiff(rgb16, 2, icc=icc),
             seen(COLOURS, "RGB", icc))
    show("rgb8-adobe.tif", tiff(rgb, 2, icc=adobe), seen(COLOURS, "RGB", adobe))
    show("rgb16-bigtiff-adobe.tif", tiff(rgb16, 2, icc=adobe, big=True),
         seen(COLOURS, "RGB", adobe))
    for name, options in {
        "planar": {"planar": True}, "tiled": {"tile": 16},
        "predictor": {"deflate": True, "predictor": 2},
        "planar-tiled-big": {"planar": True, "tile": 16, "order": ">"},
    }.items():
        show(f"rgb8-{name}.tif", tiff(rgb, 2, **options), COLOURS)
        show(f"rgb16-{name}-adobe.tif", tiff(rgb16, 2, icc=adobe, **options),
             seen(COLOURS, "RGB", adobe))
    show("rgba8.tif", tiff(rgba, 2, tags=unassociated), on_white(COLOURS))
    show("rgba16-adobe.tif", tiff(wide(rgba).astype(np.uint16), 2,
                                  tags=unassociated, icc=adobe),
         on_white(seen(COLOURS, "RGB", adobe)))
    associated = {338: ("H", [1])}
    show("rgba8-premultiplied.tif",
         tiff(patches(premultiplied), 2, tags=associated), on_white(COLOURS))
    share = ALPHA[:, None] / 255
    show("rgba16-premultiplied-adobe.tif",
         tiff(np.round(patches(np.concatenate([COLOURS * (257 * share),
              ALPHA[:, None] * 257.0], 1))).astype(np.uint16), 2,
              tags=associated, icc=adobe),
         on_white(seen(COLOURS, "RGB", adobe)))
    show("rgb16-extra-adobe.tif",
         tiff(wide(rgba).astype(np.uint16), 2, tags={338: ("H", [0])},
              icc=adobe), seen(COLOURS, "RGB", adobe))
    show("rgb8-extra.tif", tiff(rgba, 2, tags={338: ("H", [0])}), COLOURS)
    show("grey8.tif", tiff(g8, 1), three)
    show("grey8-white-is-zero.tif", tiff(255 - g8, 0), three)
    show("grey16.tif", tiff(g16, 1), three)
    show("grey16-white-is-zero.tif", tiff(65535 - g16, 0), three)
    show("grey16-g18.tif", tiff(g16, 1, icc=GREYS["g18"]),
         seen(grey[:, 0], "L", GREYS["g18"]))
    show("grey8-g18.tif", tiff(g8, 1, icc=GREYS["g18"]),
         seen(grey[:, 0], "L", GREYS["g18"]))
    greya = patches(np.concatenate([grey, ALPHA[:, None]], 1))
    show("greya16-g18.tif", tiff(wide(greya).astype(np.uint16), 1,
         tags=unassociated, icc=GREYS["g18"]),
         on_white(seen(grey[:, 0], "L", GREYS["g18"])))
    index = np.arange(8, dtype=np.uint8)[:, None]
    for bits in (1, 2, 4):
        steps = index % (1 << bits)
        show(f"grey{bits}.tif", tiff(patches(steps), 1, bits=bits),
             (steps * (255 // ((1 << bits) - 1))).repeat(3, 1))
    show("fax-white-is-zero.tif", tiff(patches(index % 2), 0, bits=1),
         (1 - index % 2).repeat(3, 1) * 255)
    for bits in (4, 8):
        table = np.zeros((3, 1 << bits), int)
        table[:, :8] = wide(COLOURS).T
        show(f"palette{bits}.tif", tiff(patches(index), 3, bits=bits, tags={
            320: ("H", table.ravel().tolist())}), COLOURS)
    unit = (g8 / 255)
    for name, samples in {
        "f16": unit.astype(np.float16), "f32": unit.astype(np.float32),
        "f64": unit, "u32": (g8 * (2.0 ** 32 // 255)).astype(np.uint32),
        "i8": (g8 // 2).astype(np.int8), "i16": (g8 * 128.).astype(np.int16),
        "i32": (g8 * (2.0 ** 31 // 255)).astype(np.int32),
        "f32-255": g8.astype(np.float32),
    }.items():
        show(f"grey-{name}.tif", tiff(samples, 1), three)
    for name, samples in {
        "f16": (rgb / 255).astype(np.float16),
        "f32": (rgb / 255).astype(np.float32),
        "u32": (rgb * (2.0 ** 32 // 255)).astype(np.uint32),
        "i8": (rgb // 2).astype(np.int8), "i16": (rgb * 128.).astype(np.int16),
    }.items():
        show(f"rgb-{name}.tif", tiff(samples, 2), COLOURS)
    show("rgb10.tif", tiff(np.round(rgb * (1023 / 255)).astype(np.uint16), 2, bits=10), COLOURS)
    r, g, b = COLOURS.astype(float).T
    y = 0.299 * r + 0.587 * g + 0.114 * b
    ycc = np.stack([y, (b - y) / 1.772 + 128, (r - y) / 1.402 + 128], 1)
    ycc8 = patches(ycc.clip(0, 255).round().astype(np.uint8))
    scale = {530: ("H", [1, 1])}
    show("ycbcr.tif", tiff(ycc8, 6, tags=scale), COLOURS)
    show("ycbcr-deflate.tif", tiff(ycc8, 6, tags=scale, deflate=True), COLOURS)
    show("ycbcr16.tif", tiff(wide(ycc8).astype(np.uint16), 6, tags=scale),
         COLOURS)
    lab = lab_of(COLOURS)
    cie = np.stack([lab[:, 0] * 2.55, lab[:, 1], lab[:, 2]], 1).round()
    cie16 = np.stack([lab[:, 0] * 655.35, lab[:, 1] * 256, lab[:, 2] * 256],
                     1).round().astype(int)
    show("lab8.tif", tiff(patches(cie.astype(int).astype(np.uint8)), 8), COLOURS)
    show("lab16.tif", tiff(patches((cie16 & 0xffff).astype(np.uint16)), 8),
         COLOURS)
    icclab = np.stack([lab[:, 0] * 2.55, lab[:, 1] + 128, lab[:, 2] + 128], 1)
    show("icclab8.tif", tiff(patches(icclab.round().astype(np.uint8)), 9),
         COLOURS)
    inks = np.array([[0, 200, 220, 30], [200, 0, 220, 20], [0, 0, 0, 128],
                     [230, 180, 0, 10], [0, 10, 240, 0], [200, 190, 180, 240],
                     [15, 5, 0, 0], [150, 190, 60, 40]], np.uint8)
    made = seen(inks, "CMYK", CMYK)
    inked = {332: ("H", [1])}
    show("cmyk8-profile.tif", tiff(patches(inks), 5, tags=inked, icc=CMYK), made)
    show("cmyk16-profile.tif", tiff(wide(patches(inks)).astype(np.uint16), 5,
                                    tags=inked, icc=CMYK), made)
    show("cmyk8-inkset.tif", tiff(patches(inks), 5, tags={332: ("H", [2])},
                                  icc=CMYK), made)
    show("cmyk8-alpha.tif", tiff(patches(np.concatenate(
        [inks, ALPHA[:, None]], 1)), 5, tags={**inked, **unassociated},
        icc=CMYK), on_white(made))
    show("turned.tif", tiff(rgb, 2, tags={274: ("H", [3])}), COLOURS[::-1])
    show("pages.tif", tiff(rgb, 2, pages=2), COLOURS)
    show("thumbnail.tif", tiff(rgb, 2, tags={254: ("I", [1])}), COLOURS)
    show("raw-sensor.tif", tiff(g16, 32803), three)
    for compression, name in (("jpeg", "jpeg"), ("tiff_lzw", "lzw"),
                              ("packbits", "packbits")):
        big = Image.fromarray(patches(COLOURS, 16))
        show(f"rgb8-{name}.tif", saved(big, "TIFF", compression=compression),
             COLOURS)
    cmyk = Image.frombytes("CMYK", (64, 32), patches(inks, 16).tobytes())
    show("cmyk-profile.jpg", saved(cmyk, "JPEG", quality=100, subsampling=0,
                                   icc_profile=CMYK), made)
    show("cmyk-profile-progressive.jpg",
         saved(cmyk, "JPEG", quality=100, progressive=True, icc_profile=CMYK),
         made)


# JPEG, WebP, GIF, AVIF

def saved(image: Image.Image, kind: str, **options) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def write_others() -> None:
    big, adobe = Image.fromarray(patches(COLOURS, 16)), PROFILES["adobe"]
    right = seen(COLOURS, "RGB", adobe)
    best = {"quality": 100, "subsampling": 0}
    for name, options in {
        "420": {"quality": 95, "subsampling": 2}, "444": best,
        "progressive": {**best, "progressive": True},
        "rgb": {**best, "keep_rgb": True},
    }.items():
        show(f"rgb-{name}.jpg", saved(big, "JPEG", **options), COLOURS)
        show(f"rgb-{name}-adobe.jpg",
             saved(big, "JPEG", icc_profile=adobe, **options), right)
    turned = Image.Exif()
    turned[0x0112] = 3
    show("turned-adobe.jpg", saved(big, "JPEG", icc_profile=adobe, exif=turned,
                                   **best), right[::-1])
    grey = Image.fromarray(patches(COLOURS[:, 1:2], 16)[..., 0])
    show("grey.jpg", saved(grey, "JPEG", quality=100),
         COLOURS[:, 1:2].repeat(3, 1))
    show("grey-g18.jpg", saved(grey, "JPEG", quality=100,
                               icc_profile=GREYS["g18"]),
         seen(COLOURS[:, 1], "L", GREYS["g18"]))
    rgba = np.concatenate([COLOURS, ALPHA[:, None]], 1)
    image = Image.fromarray(patches(rgba))
    lossless = {"lossless": True, "exact": True}
    show("rgba-lossless.webp", saved(image, "WEBP", **lossless),
         on_white(COLOURS))
    show("rgba-lossless-adobe.webp",
         saved(image, "WEBP", icc_profile=adobe, **lossless), on_white(right))
    show("lossy.webp", saved(big, "WEBP", quality=100), COLOURS)
    black = Image.fromarray(np.zeros((4, 8, 3), np.uint8))
    first = Image.fromarray(patches(COLOURS))
    show("animated.webp", saved(first, "WEBP", save_all=True, duration=100,
                                append_images=[black], **lossless), COLOURS)
    index = Image.fromarray(patches(np.arange(8, dtype=np.uint8)[:, None])[..., 0])
    index.putpalette(COLOURS.tobytes())
    opaque = np.where(np.arange(8) == 2, 0, 255)
    show("clear.gif", saved(index, "GIF", transparency=2),
         on_white(COLOURS, opaque))
    show("animated.gif", saved(index, "GIF", save_all=True, duration=100,
                               append_images=[black]), COLOURS)
    wide444 = {"quality": 100, "subsampling": "4:4:4"}
    show("rgb.avif", saved(big, "AVIF", **wide444), COLOURS)
    show("rgb-adobe.avif", saved(big, "AVIF", icc_profile=adobe, **wide444),
         right)
    show("animated.avif", saved(big, "AVIF", save_all=True, append_images=[
        Image.fromarray(np.zeros((32, 64, 3), np.uint8))], **wide444), COLOURS)


if __name__ == "__main__":
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    write_png()
    write_tiff()
    write_others()
    save_file(arrays, OUT / "colours.safetensors", METADATA)
