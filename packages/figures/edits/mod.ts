/** The table of all edit types. */

import { clappingHands, crossingArms, raisingArms, wavingArm } from "./arms.ts";
import {
  jumping,
  leaning,
  oneLeg,
  running,
  sideView,
  sitting,
  squat,
} from "./body.ts";
import { backgroundColour, zoomIn } from "./camera.ts";
import type { EditType } from "./edit_type.ts";
import { blackAndWhite, otherColours, vividColours } from "./style.ts";
import {
  beard,
  closingEyes,
  loweredHead,
  makeup,
  shouting,
  sidePortrait,
  smiling,
  thumbsUp,
} from "./face.ts";
import {
  clothingColour,
  clothingTexture,
  earrings,
  glasses,
  hairColour,
  hat,
} from "./worn.ts";

/** The 21 edit types of the Edit Transfer paper, in the order of its data set. */
export const EDIT_TYPES: readonly EditType[] = [
  running,
  loweredHead,
  raisingArms,
  clappingHands,
  crossingArms,
  glasses,
  earrings,
  smiling,
  shouting,
  closingEyes,
  sidePortrait,
  clothingColour,
  clothingTexture,
  zoomIn,
  sitting,
  sideView,
  jumping,
  squat,
  hat,
  thumbsUp,
  makeup,
];

export { GENERAL_EDIT_TYPES } from "./general/mod.ts";

/**
 * Edits of how the whole picture looks, as in Fig. 11 of the paper. No training
 * caption names them, though filters without a name were trained on.
 */
export const STYLE_EDIT_TYPES: readonly EditType[] = [
  blackAndWhite,
  vividColours,
  otherColours,
];

/** Edit types that no training picture shows. */
export const UNSEEN_EDIT_TYPES: readonly EditType[] = [
  wavingArm,
  leaning,
  oneLeg,
  backgroundColour,
  hairColour,
  beard,
];
