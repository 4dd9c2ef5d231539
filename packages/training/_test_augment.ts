import type { AugmentConfig } from "./train_config.ts";

/** Augmentation that does nothing. */
export const NONE: AugmentConfig = {
  mirror: 0,
  crop: { probability: 0, least: 0.8 },
  colours: { probability: 0, degrees: 180 },
  variants: 4,
  exchangeRows: 0,
  exchangeRoles: 0,
  pairings: 0,
};
