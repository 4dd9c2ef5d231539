/**
 * Figures: a small world of articulated people and edits on them, in which the
 * true answer to every edit can be drawn.
 *
 * @module
 */

export * from "./caption.ts";
export * from "./draw.ts";
export * from "./identity.ts";
export * from "./instance.ts";
export * from "./random.ts";
export * from "./render.ts";
export * from "./state.ts";
export type { Channel, EditType, Parameters } from "./edits/edit_type.ts";
export { EDIT_TYPES, UNSEEN_EDIT_TYPES } from "./edits/mod.ts";
