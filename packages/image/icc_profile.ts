import {
  type ColourSpace,
  type Curve,
  IDENTITY,
  multiply,
  PCS_TO_SRGB,
} from "./colour_space.ts";

/** Tags by signature of a profile, `undefined` if it is damaged. */
function readTags(icc: Uint8Array): Map<string, DataView> | undefined {
  const view = new DataView(icc.buffer, icc.byteOffset, icc.length);
  if (icc.length < 132 || text(view, 36) !== "acsp") return undefined;
  const count = view.getUint32(128);
  if (count > 100 || 132 + count * 12 > icc.length) return undefined;
  const tags = new Map<string, DataView>();
  for (let i = 0; i < count; i++) {
    const at = 132 + i * 12;
    const start = view.getUint32(at + 4);
    const size = view.getUint32(at + 8);
    if (start + size > icc.length) return undefined;
    tags.set(
      text(view, at),
      new DataView(icc.buffer, icc.byteOffset + start, size),
    );
  }
  return tags;
}

function text(view: DataView, at: number): string {
  return String.fromCharCode(
    ...new Uint8Array(view.buffer, view.byteOffset + at, 4),
  );
}

/**
 * Colour space of a profile that consists of curves, and a matrix if it is of
 * RGB: the kind that cameras, displays and editors have.
 *
 * Source: ICC.1:2022, 8.3.3 and 8.4.3.
 *
 * @param icc Bytes of the profile.
 * @param channels Channels that it must be about.
 * @returns Its colour space; `"other"` if it has tables, or a black point that
 * has to be compensated, which only the decoder does; `"damaged"` if it is none for these channels.
 */
export function parseProfile(
  icc: Uint8Array,
  channels: "GRAY" | "RGB " | "CMYK",
): ColourSpace | "other" | "damaged" {
  const tags = readTags(icc);
  const head = new DataView(icc.buffer, icc.byteOffset, icc.length);
  if (tags === undefined || text(head, 16) !== channels) return "damaged";
  if (text(head, 20) !== "XYZ ") return "other";
  const names = [...tags.keys()];
  if (names.some((name) => /^[AD]2B/.test(name))) return "other";
  if (channels === "GRAY") {
    const curve = readCurve(tags.get("kTRC"));
    if (curve === undefined) return "damaged";
    if (!isWhole(curve)) return "other";
    return { curves: [curve, curve, curve], toSrgb: IDENTITY };
  }
  if (channels === "CMYK") return "other";
  const curves = ["rTRC", "gTRC", "bTRC"].map((n) => readCurve(tags.get(n)));
  const columns = ["rXYZ", "gXYZ", "bXYZ"].map((n) => readXyz(tags.get(n)));
  const [red, green, blue] = curves;
  if (!red || !green || !blue || columns.includes(undefined)) return "damaged";
  if (![red, green, blue].every(isWhole)) return "other";
  const matrix = [0, 1, 2].flatMap((row) => columns.map((xyz) => xyz![row]!));
  return { curves: [red, green, blue], toSrgb: multiply(PCS_TO_SRGB, matrix) };
}

/** Whether a curve goes from black to white, so that neither is moved. */
function isWhole(curve: Curve): boolean {
  return Math.abs(curve(0)) < 1e-4 && Math.abs(curve(1) - 1) < 1e-2;
}

function readXyz(tag: DataView | undefined): number[] | undefined {
  if (tag === undefined || tag.byteLength < 20) return undefined;
  return [8, 12, 16].map((at) => tag.getInt32(at) / 65536);
}

function readCurve(tag: DataView | undefined): Curve | undefined {
  if (tag === undefined || tag.byteLength < 12) return undefined;
  const kind = text(tag, 0);
  return kind === "curv"
    ? readSampled(tag)
    : kind === "para"
    ? readParametric(tag)
    : undefined;
}

function readSampled(tag: DataView): Curve | undefined {
  const count = tag.getUint32(8);
  if (tag.byteLength < 12 + count * 2) return undefined;
  if (count === 0) return (v) => v;
  if (count === 1) {
    const gamma = tag.getUint16(12) / 256;
    return (v) => v ** gamma;
  }
  const at = (i: number) => tag.getUint16(12 + i * 2) / 65535;
  return (v) => {
    const place = v * (count - 1);
    const i = Math.min(Math.floor(place), count - 2);
    return at(i) + (at(i + 1) - at(i)) * (place - i);
  };
}

/** Source: ICC.1:2022, table 68. */
function readParametric(tag: DataView): Curve | undefined {
  const kind = tag.getUint16(8);
  const count = [1, 3, 4, 5, 7][kind];
  if (count === undefined || tag.byteLength < 12 + count * 4) return undefined;
  const [g, a = 1, b = 0, third = 0, d = 0, fifth = 0, f = 0] = Array.from(
    { length: count },
    (_, i) => tag.getInt32(12 + i * 4) / 65536,
  );
  const power = (v: number) => Math.max(a * v + b, 0) ** g!;
  switch (kind) {
    case 0:
      return power;
    case 1:
      return (v) => v >= -b / a ? power(v) : 0;
    case 2:
      return (v) => (v >= -b / a ? power(v) : 0) + third;
    case 3:
      return (v) => v >= d ? power(v) : third * v;
    default:
      return (v) => v >= d ? power(v) + fifth : third * v + f;
  }
}
