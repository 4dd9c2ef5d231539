/** Named colours and the few operations on them that drawing needs. */

/** A colour as `#rrggbb`. */
export type Colour = string;

/** A palette: names that captions use, and what they look like. */
export type Palette = Readonly<Record<string, Colour>>;

/** Skin tones. */
export const SKIN: Palette = {
  pale: "#fbdcc4",
  light: "#f2bf98",
  tan: "#d99a66",
  brown: "#a86b3f",
  dark: "#6e4326",
};

/** Hair colours. */
export const HAIR: Palette = {
  black: "#1d1a20",
  brown: "#6b3d1e",
  blond: "#f0c64a",
  red: "#c8401c",
  grey: "#9a9aa2",
  white: "#f2f0ea",
};

/** Colours of clothes, hats, seats and whatever else may be dyed. */
export const DYE: Palette = {
  red: "#d9272e",
  orange: "#f0801e",
  yellow: "#f5d327",
  green: "#2e9e45",
  teal: "#17a2a0",
  blue: "#2456c9",
  purple: "#7b35b0",
  pink: "#f07cb0",
  white: "#f7f7f4",
  black: "#2a2a30",
};

/** Colours of trousers, shorts and skirts. */
export const BOTTOM: Palette = {
  blue: "#2d4a96",
  black: "#28262c",
  grey: "#7d828a",
  brown: "#7a4b28",
  green: "#3f7040",
  red: "#a8242c",
  white: "#ecebe4",
};

/** Colours of the studio background. */
export const BACKGROUND: Palette = {
  white: "#f4f2ee",
  grey: "#b9bdc4",
  yellow: "#fae08c",
  pink: "#f9c3cf",
  blue: "#9fcdf2",
  green: "#b4dfae",
  purple: "#cdb8ea",
  orange: "#f8be8c",
};

/** Colour of every outline. */
export const INK: Colour = "#241c28";

function channels(colour: Colour): [number, number, number] {
  const value = parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** Colour `t` of the way from `a` to `b`, per channel in sRGB, t in [0, 1]. */
export function mix(a: Colour, b: Colour, t: number): Colour {
  const from = channels(a);
  const to = channels(b);
  const blend = from.map((v, i) => Math.round(v + (to[i]! - v) * t));
  return `#${blend.map((v) => v.toString(16).padStart(2, "0")).join("")}`;
}

/** Euclidean distance of two colours in sRGB levels, 0 to 441. */
export function distance(a: Colour, b: Colour): number {
  const from = channels(a);
  const to = channels(b);
  return Math.hypot(from[0] - to[0], from[1] - to[1], from[2] - to[2]);
}

/** Name in the palette whose colour is nearest. */
export function nearestName(palette: Palette, colour: Colour): string {
  let best = "";
  let least = Infinity;
  for (const [name, other] of Object.entries(palette)) {
    const d = distance(colour, other);
    if (d < least) [best, least] = [name, d];
  }
  return best;
}
