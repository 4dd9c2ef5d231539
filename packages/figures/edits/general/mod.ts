/** Differences without a name of their own, such as a model has seen in pictures at large. */

import type { EditType } from "../edit_type.ts";
import { anyExtra } from "./any_extra.ts";
import { anyFilter } from "./any_filter.ts";
import { anyLight } from "./any_light.ts";
import { anyLimb } from "./any_limb.ts";
import { anyLook } from "./any_look.ts";
import { anyPlace } from "./any_place.ts";
import { anyPose } from "./any_pose.ts";
import { anyThing } from "./any_thing.ts";
import { anyWallpaper } from "./any_wallpaper.ts";
import { anyWorn } from "./any_worn.ts";

/**
 * Differences without a name of their own; no test is about them, and none is what an unseen type does: a single arm or
 * knee up, a bent trunk, another colour of the hair or the wall, a beard.
 */
export const GENERAL_EDIT_TYPES: readonly EditType[] = [
  anyPose,
  anyLimb,
  anyPlace,
  anyLook,
  anyWorn,
  anyExtra,
  anyThing,
  anyLight,
  anyWallpaper,
  anyFilter,
];
