/**
 * Figures: a small world of articulated people and of edits on them, in which
 * the true answer to every edit can be drawn.
 *
 * A {@linkcode FigureCase} is a task of edit transfer: an example pair, a query
 * of another figure, and the answer. The caption names the edit ("raising
 * arms") but not its parameters (how high), so that only the example tells
 * them. Everything is a function of split, seed and index.
 *
 * ```ts
 * import { CASE_PANELS, figureCase, renderSheet } from "@edit-transfer/figures";
 * import assert from "node:assert/strict";
 *
 * const drawn = figureCase({ split: "test", seed: 1, index: 3 });
 * const panels = await renderSheet(CASE_PANELS.map((panel) => drawn[panel]), { size: 64 });
 * assert.equal(panels.length, 4 * 64 * 64 * 3);
 * ```
 *
 * @module
 */

export { hasBeyond } from "./beyond.ts";
export {
  CAPTION_TEMPLATES,
  editWords,
  figureCaption,
  gridCaption,
} from "./caption.ts";
export {
  CASE_PANELS,
  type CaseOptions,
  type FigureCase,
  figureCase,
} from "./case.ts";
export type { Colour } from "./colour.ts";
export { pandaOf } from "./creature.ts";
export { draw, type DrawOptions } from "./draw.ts";
export type { Channel, EditType, Parameters } from "./edits/edit_type.ts";
export {
  EDIT_TYPES,
  GENERAL_EDIT_TYPES,
  STYLE_EDIT_TYPES,
  UNSEEN_EDIT_TYPES,
} from "./edits/mod.ts";
export {
  BOTTOMS,
  BUILDS,
  HAIR_STYLES,
  type Identity,
  identity,
  type Look,
  type Split,
  SPLITS,
} from "./identity.ts";
export {
  applyEdits,
  drawInstance,
  type Edit,
  type Instance,
  type InstanceOptions,
  type Pair,
} from "./instance.ts";
export { createRandom, type Random } from "./random.ts";
export { render, renderSheet } from "./render.ts";
export {
  type Facing,
  type Framing,
  type Limb,
  neutralState,
  type State,
  type Texture,
  type Thing,
} from "./state.ts";
export { writeCases, type WriteCasesOptions } from "./write_cases.ts";
export { writePairs, type WritePairsOptions } from "./write_pairs.ts";
