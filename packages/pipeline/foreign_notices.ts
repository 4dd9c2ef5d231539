import { commonColours, type Image } from "@edit-transfer/image";
import type { ModelSettings } from "./model_settings.ts";

/** Colours that a flat drawing is mostly made of. */
const COLOURS = 8;

/** Says so where a model knows pictures of one kind only, and gets others. */
export function foreignNotices(
  pictures: Readonly<Record<string, Image>>,
  { knows }: ModelSettings,
): readonly string[] {
  if (knows === undefined) return [];
  const foreign = Object.entries(pictures).filter(([, image]) =>
    commonColours(image, COLOURS) < knows.flatShare
  ).map(([name]) => name);
  if (foreign.length === 0) return [];
  return [
    `The model knows ${knows.pictures} only, and these pictures look otherwise: ${
      foreign.join(", ")
    }; docs/models.md says how to use another model`,
  ];
}
