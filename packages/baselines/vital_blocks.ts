import type { FluxConfig } from "@edit-transfer/dit";

/**
 * Vital blocks by the numbers of double and single blocks: of FLUX.1-dev as
 * Stable Flow names them, of the embedded model by `tools/vital_blocks.ts`.
 */
const VITAL: Readonly<Record<string, readonly number[]>> = {
  "19+38": [0, 1, 17, 18, 25, 28, 53, 54, 56],
  "1+4": [0],
};

/** Vital blocks of an architecture, double ones first. */
export function knownVitalBlocks(
  { numLayers, numSingleLayers }: FluxConfig,
): readonly number[] {
  const known = VITAL[`${numLayers}+${numSingleLayers}`];
  if (known !== undefined) return known;
  throw new RangeError(
    `Cannot run stable-flow as the vital blocks of a model with ${numLayers} double and ${numSingleLayers} single blocks are not known: measure them with tools/vital_blocks.ts, and give them as blocks=…`,
  );
}
