import { FluxTransformer } from "@edit-transfer/dit";
import {
  type DryDevice,
  dryDevice,
  ParameterReader,
} from "@edit-transfer/tensor";
import { ClipTextEncoder, T5Encoder } from "@edit-transfer/text";
import { AutoencoderKl } from "@edit-transfer/vae";
import { WeightError } from "@edit-transfer/weights";
import type { Role } from "./extra_arrays.ts";
import type { ModelFolder } from "./model_parts.ts";

/** Names that a message gives. */
const SHOWN = 3;

/** What parts are called. */
const NAMES: Readonly<Record<Role, string>> = {
  transformer: "the transformer",
  vae: "the autoencoder",
  clip: "CLIP",
  t5: "T5",
};

/**
 * Loads all parts of a model without their data, from the headers, so that
 * arrays that are missing, of another shape or type, or that no layer asks for
 * are told before anything else is done.
 *
 * @throws {WeightError} If a part does not fit its config.
 * @throws {TypeError} If an array is stored in a type that is no float.
 */
export async function checkWeights(
  { clip, t5, vae, transformer }: ModelFolder,
): Promise<void> {
  const parts = {
    transformer: [
      transformer.weights,
      (reader: ParameterReader) =>
        FluxTransformer.load(reader, transformer.config),
    ],
    vae: [
      vae.weights,
      (reader: ParameterReader) => AutoencoderKl.load(reader, vae.config),
    ],
    clip: [
      clip.weights,
      (reader: ParameterReader) => ClipTextEncoder.load(reader, clip.config),
    ],
    t5: [
      t5.weights,
      (reader: ParameterReader) => T5Encoder.load(reader, t5.config),
    ],
  } as const;
  using device: DryDevice = dryDevice();
  for (const role of Object.keys(parts) as Role[]) {
    const [weights, load] = parts[role];
    const reader = new ParameterReader(device, weights);
    using _ = await load(reader);
    refuseUnused(reader.unused(), { role, path: weights.path });
  }
}

/** Refuses arrays of a file that no layer of its part asks for. */
export function refuseUnused(
  names: readonly string[],
  { role, path }: { readonly role: Role; readonly path: string },
): void {
  if (names.length === 0) return;
  const shown = names.slice(0, SHOWN).map((name) => JSON.stringify(name));
  const more = names.length - shown.length;
  throw new WeightError(
    `Cannot use "${path}" as each of its arrays must be of a layer of ${
      NAMES[role]
    }: ` +
      `got ${names.length} that no layer asks for, ${shown.join(", ")}` +
      (more > 0 ? ` and ${more} more` : ""),
    { path, weight: names[0] },
  );
}
