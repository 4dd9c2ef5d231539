import { BACKGROUND, BOTTOM, DYE, HAIR, nearestName, SKIN } from "./colour.ts";
import type { EditType } from "./edits/edit_type.ts";
import type { State } from "./state.ts";

const GRID =
  "This is a four-panel image grid: [TOP-LEFT]: The original source image. ";
const AGAIN =
  " [BOTTOM-LEFT]: A second original source image. [BOTTOM-RIGHT]: An edited version of the [BOTTOM-LEFT] image, ";
const FIRST = "[TOP-RIGHT]: An edited version of the [TOP-LEFT] image, ";

/**
 * Caption templates of the reference's data set; `{edit}` stands for the words.
 *
 * `motion` says "raising arms motion", `subject` "the subject raising arms",
 * `depicted` "the subject is depicted raising arms", `colour` and `texture`
 * name a colour and a pattern of the clothes.
 *
 * Source: CUC-MIPG/Edit-Transfer d12ccec, `data/edit_transfer/*.txt`.
 */
export const CAPTION_TEMPLATES = {
  motion:
    `${GRID}${FIRST}transformed to depict a {edit} motion.${AGAIN}applying the same {edit} motion transformation as used in [TOP-RIGHT].`,
  subject:
    `${GRID}${FIRST}transformed to depict the subject {edit}.${AGAIN}applying the same transformation to depict the subject {edit}, as used in [TOP-RIGHT].`,
  depicted:
    `${GRID}${FIRST}where the subject is depicted {edit}.${AGAIN}with the same {edit} transformation applied as in [TOP-RIGHT].`,
  colour:
    `${GRID}${FIRST}where the clothing color has been altered to {edit}.${AGAIN}with the clothing color transformed to {edit}, consistent with the adjustment made in [TOP-RIGHT].`,
  texture:
    `${GRID}${FIRST}transformed to alter the texture of the clothing to a {edit}.${AGAIN}applying the same {edit} texture transformation to the clothing as used in [TOP-RIGHT].`,
} as const;

/**
 * Words for several edits at once.
 *
 * @param types The edits' types.
 * @returns Their words, joined by "and".
 *
 * @example Usage
 * ```ts
 * import { editWords } from "@edit-transfer/figures";
 * import assert from "node:assert/strict";
 *
 * const types = [{ words: "raising arms" }, { words: "wearing a hat" }];
 * assert.equal(editWords(types), "raising arms and wearing a hat");
 * ```
 */
export function editWords(types: readonly Pick<EditType, "words">[]): string {
  return types.map((type) => type.words).join(" and ");
}

/**
 * Caption of a four-panel composite.
 *
 * @param words What the edit does, such as "raising arms".
 * @param options Template to fill, one of {@linkcode CAPTION_TEMPLATES} or any
 * text with `{edit}` in it; `subject` by default.
 * @returns The caption.
 *
 * @example Usage
 * ```ts
 * import { gridCaption } from "@edit-transfer/figures";
 * import assert from "node:assert/strict";
 *
 * assert.match(gridCaption("raising arms"), /depict the subject raising arms/);
 * ```
 */
export function gridCaption(
  words: string,
  options: { readonly template?: string | undefined } = {},
): string {
  const { template = CAPTION_TEMPLATES.subject } = options;
  return template.replaceAll("{edit}", () => words);
}

/**
 * Caption of a single picture, for text-to-image.
 *
 * @param state What the picture shows.
 * @param options Words of the edits made on it, if any.
 * @returns The caption, such as "full body of a slim person with light skin and
 * long red hair, green shirt, blue trousers, yellow background, raising arms".
 *
 * @example Usage
 * ```ts
 * import { figureCaption, figureCase } from "@edit-transfer/figures";
 * import assert from "node:assert/strict";
 *
 * const { target, words } = figureCase({ split: "test", seed: 1, index: 0 });
 * assert(figureCaption(target, { words }).includes(words));
 * ```
 */
export function figureCaption(
  state: State,
  options: { readonly words?: string | undefined } = {},
): string {
  const { words = "" } = options;
  const { look, framing, texture } = state;
  const hair = look.hairStyle === "bald"
    ? "a bald head"
    : look.hairStyle === "bun"
    ? `${nearestName({ ...HAIR, ...DYE }, look.hair)} hair in a bun`
    : `${look.hairStyle} ${nearestName({ ...HAIR, ...DYE }, look.hair)} hair`;
  const shirt = texture === undefined
    ? `${nearestName(DYE, look.top)} shirt`
    : `${nearestName(DYE, look.top)} shirt ${texture.kind} in ${
      nearestName(DYE, texture.colour)
    }`;
  const worn = [
    state.hat && `${nearestName(DYE, state.hat.colour)} ${state.hat.kind}`,
    state.glasses &&
    `${state.glasses.kind} ${nearestName(DYE, state.glasses.colour)} glasses`,
    state.earrings &&
    `${
      nearestName(DYE, state.earrings.colour)
    } ${state.earrings.kind} earrings`,
    state.facing !== "front"
      ? `facing ${state.facing}`
      : state.headFacing !== "front"
      ? `looking ${state.headFacing}`
      : undefined,
  ].filter((part) => part !== undefined);
  return [
    `${
      framing === "full" ? "full body" : "portrait"
    } of a ${look.build} person with ${
      nearestName(SKIN, look.skin)
    } skin and ${hair}`,
    shirt,
    ...(framing === "full"
      ? [`${nearestName(BOTTOM, look.bottom)} ${look.bottomKind}`]
      : []),
    `${nearestName(BACKGROUND, look.background)} background`,
    ...(words === "" ? [] : [words]),
    ...worn,
  ].join(", ");
}
