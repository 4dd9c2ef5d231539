import {
  EDIT_TYPES,
  STYLE_EDIT_TYPES,
  UNSEEN_EDIT_TYPES,
} from "@edit-transfer/figures";

/** What has to come across in an edit. */
export type Family = "pose" | "face" | "worn" | "camera" | "style" | "other";

/** Families by the channels of a figure that an edit changes, the first that fits. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  pose: ["stance", "arms", "trunk", "view"],
  face: ["head", "mouth", "makeup"],
  worn: ["eyes", "ears", "crown", "top", "hair"],
  camera: ["camera", "background"],
  style: ["filter"],
};

const CLOSED_EYES = "closing-eyes"; // of a face, though glasses are worn on eyes too

/**
 * Family of an edit type: what has to come across.
 *
 * @param name Name of the type.
 * @returns The family; `"other"` of a type that is not one of the drawn ones.
 *
 * @example Usage
 * ```ts
 * import { familyOf } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * assert.equal(familyOf("jumping"), "pose");
 * ```
 */
export function familyOf(name: string): Family {
  const type = [...EDIT_TYPES, ...UNSEEN_EDIT_TYPES, ...STYLE_EDIT_TYPES]
    .find((type) => type.name === name);
  if (type === undefined) return "other";
  if (name === CLOSED_EYES) return "face";
  const has = ([, channels]: [string, readonly string[]]) =>
    type.channels.some((channel) => channels.includes(channel));
  return Object.entries(FAMILIES).find(has)![0] as Family;
}
