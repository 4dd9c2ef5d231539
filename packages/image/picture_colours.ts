import type { Metadata } from "sharp";
import type { Colours } from "./coded_colours.ts";
import type { ColourSpace } from "./colour_space.ts";
import { heifColours } from "./heif_boxes.ts";
import { parseProfile } from "./icc_profile.ts";
import type { PngFacts } from "./png_colours.ts";

/**
 * How the samples of a picture become sRGB: as they are, by the decoder from
 * the profile, by it once they are of 8 bits, from a colour space, or not.
 */
export type ColourPath =
  | "as sRGB"
  | "by profile"
  | "by profile at 8 bits"
  | ColourSpace
  | { readonly refused: string };

/**
 * Chooses the way to sRGB by profile, depth, and what the format itself says.
 *
 * The decoder converts 8 bits well; 16 bits it converts to Display P3, or, of
 * grey, not at all.
 */
export function colourPath(
  bytes: Uint8Array,
  { format, space, icc }: Metadata,
  png: PngFacts | undefined,
): ColourPath {
  if (icc === undefined || png?.coded === true) {
    const colours: Colours = format === "heif"
      ? heifColours(bytes)
      : png?.colours;
    return colours ?? (icc === undefined ? "by profile" : "as sRGB");
  }
  if (space !== "rgb16" && space !== "grey16") return "by profile";
  const profile = parseProfile(icc, channelsOf(space));
  if (profile === "damaged") return "as sRGB";
  return profile === "other" ? "by profile at 8 bits" : profile;
}

/** Whether a profile says nothing about the channels of its picture. */
export function isDamagedProfile({ icc, space }: Metadata): boolean {
  return icc !== undefined &&
    parseProfile(icc, channelsOf(space)) === "damaged";
}

function channelsOf(space: string): "GRAY" | "RGB " | "CMYK" {
  return space === "cmyk"
    ? "CMYK"
    : space === "b-w" || space === "grey16"
    ? "GRAY"
    : "RGB ";
}
