import { parseJson } from "@edit-transfer/files";
import { quadLayout } from "@edit-transfer/composite";
import { KeptTokens } from "@edit-transfer/dit";
import { type Fit, FITS, type Size } from "@edit-transfer/image";
import { keep, Tensor } from "@edit-transfer/tensor";
import {
  openSafetensors,
  type TensorInfo,
  WeightError,
  type WeightSource,
  writeSafetensors,
} from "@edit-transfer/weights";
import { createHash, type Hash } from "node:crypto";
import { z } from "zod";
import type { KeptEdit } from "./kept_edit.ts";
import type { Pipeline } from "./pipeline.ts";

/** What an edit file says of its edit, besides keys and values. */
export interface EditFacts {
  /** Version of the format. */
  readonly version: 1;
  /** SHA-256 of the model, see {@linkcode modelHash}. */
  readonly model: string;
  /** SHA-256 of its LoRAs, and their scales. */
  readonly loras: readonly {
    readonly sha256: string;
    readonly scale: number;
  }[];
  /** Caption in full. */
  readonly prompt: string;
  /** Words of the edit, where these filled a template. */
  readonly edit?: string | undefined;
  /** SHA-256 of the file of the example's before. */
  readonly before: string;
  /** SHA-256 of the file of the example's after. */
  readonly after: string;
  /** Side of a square panel in pixels. */
  readonly panelSize: number;
  /** Extents of its panels, where they are no squares. */
  readonly panel?: Size | undefined;
  /** How the example became a panel. */
  readonly fit: Fit;
  /** Noise level that text and example were told. */
  readonly sigma: number;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const schema: z.ZodType<EditFacts> = z.strictObject({
  version: z.literal(1),
  model: hash,
  loras: z.array(z.strictObject({ sha256: hash, scale: z.number() })),
  prompt: z.string(),
  edit: z.string().optional(),
  before: hash,
  after: hash,
  panelSize: z.int().min(1),
  panel: z.strictObject({ width: z.int().min(1), height: z.int().min(1) })
    .optional(),
  fit: z.enum(FITS),
  sigma: z.number().min(0).max(1),
});

/** Key of {@linkcode EditFacts} in the metadata of the file. */
const FACTS = "edit_transfer_edit";

/**
 * Writes an edit as a file, whole or not at all: keys and values of its text and
 * its example in 16 bits, as safetensors `block.<i>.k` and `block.<i>.v`
 * `[1, H, L, D]` and `pooled` `[1, C]`, with the hash of all that.
 *
 * @param path Path of the file; one that exists is replaced.
 * @param edit What is kept, from `PreparedEdit.keep`.
 * @param facts What the file says of the edit.
 * @returns When the file is on disk.
 *
 * @throws {Error} If it cannot be written.
 *
 * @example Usage
 * ```ts
 * import { type EditFacts, type KeptEdit, writeEditFile } from "@edit-transfer/pipeline";
 *
 * async function save(edit: KeptEdit, facts: EditFacts): Promise<void> {
 *   await writeEditFile("wave.edit", edit, facts);
 * }
 * ```
 */
export async function writeEditFile(
  path: string,
  edit: KeptEdit,
  facts: EditFacts,
): Promise<void> {
  const tensors = tensorsOf(edit);
  const text = JSON.stringify(facts);
  const digest = digestOf(text);
  for (const [name, tensor] of tensors) {
    update(digest, { name, ...infoOf(tensor) }, await bytesOf(tensor));
  }
  await writeSafetensors(
    path,
    Object.fromEntries(tensors.map(([name, tensor]) => [name, {
      ...infoOf(tensor),
      data: () => bytesOf(tensor),
    }])),
    { metadata: { [FACTS]: text, sha256: digest.digest("hex") } },
  );
}

/** An edit file that is open: what it says is read, its data is not. */
export interface EditFile extends AsyncDisposable {
  /** What it says of its edit. */
  readonly facts: EditFacts;
  /**
   * Uploads what is kept, and checks every byte.
   *
   * @param pipeline The model that it was made with.
   * @returns What is kept, owned by the caller.
   *
   * @throws {WeightError} If the file does not hold what was written, or is of
   * another architecture.
   */
  load(pipeline: Pipeline): Promise<KeptEdit>;
}

/**
 * Opens an edit file.
 *
 * @param path Path of the file.
 * @returns The file, owned by the caller.
 *
 * @throws {FormatError} If it is no safetensors file.
 * @throws {WeightError} If it is no edit.
 *
 * @example Usage
 * ```ts
 * import { openEditFile } from "@edit-transfer/pipeline";
 *
 * async function captionOf(path: string): Promise<string> {
 *   await using file = await openEditFile(path);
 *   return file.facts.prompt;
 * }
 * ```
 */
export async function openEditFile(path: string): Promise<EditFile> {
  await using opened = new AsyncDisposableStack();
  const source = opened.use(await openSafetensors(path));
  const text = source.metadata[FACTS] ?? "";
  const facts = schema.safeParse(parsed(text)).data;
  if (facts === undefined) {
    throw new WeightError(
      `Cannot use "${path}" as an edit as it must be written by "edit --save-edit": got another file`,
      { path },
    );
  }
  const owned = opened.move();
  return {
    facts,
    load: (pipeline) => load(source, { text, facts, pipeline }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function load(
  source: WeightSource,
  { text, facts, pipeline }: {
    readonly text: string;
    readonly facts: EditFacts;
    readonly pipeline: Pipeline;
  },
): Promise<KeptEdit> {
  const { device, folder: { transformer, vae } } = pipeline;
  const { numLayers, numSingleLayers, ...config } = transformer.config;
  const digest = digestOf(text);
  using made = new DisposableStack();
  const refuse = (found: string) =>
    new WeightError(
      `Cannot use edit "${source.path}" as it must be what was written: got ${found}`,
      { path: source.path },
    );
  const read = async (name: string, fits: (info: TensorInfo) => boolean) => {
    if (!source.has(name)) throw refuse(`no "${name}"`);
    const info = source.info(name);
    if (!fits(info)) {
      throw refuse(`"${name}" of ${info.dtype} [${info.shape.join(", ")}]`);
    }
    const bytes = await source.read(name);
    update(digest, info, bytes);
    const { buffer } = bytes;
    const [values, dtype] = info.dtype === "F16"
      ? [new Uint16Array(buffer), "f16"] as const
      : [new Float32Array(buffer), "f32"] as const;
    return made.use(
      keep(Tensor.from(device, values, { shape: info.shape, dtype })),
    );
  };
  const pooled = await read(
    "pooled",
    ({ dtype, shape }) =>
      dtype === "F32" && `${shape}` === `1,${config.pooledProjectionDim}`,
  );
  const [heads, width] = [config.numAttentionHeads, config.attentionHeadDim];
  let length: number | undefined;
  const rows = ({ dtype, shape: [one, H, L, D] }: TensorInfo) =>
    dtype === "F16" && one === 1 && H === heads && D === width &&
    L === (length ??= L);
  const blocks = [];
  for (let i = 0; i < numLayers + numSingleLayers; i++) {
    blocks.push({
      k: await read(`block.${i}.k`, rows),
      v: await read(`block.${i}.v`, rows),
    });
  }
  const count = 1 + 2 * blocks.length;
  const found = digest.digest("hex");
  if (
    [...source.names()].length !== count || found !== source.metadata.sha256
  ) {
    throw refuse(`other bytes, with the hash ${found.slice(0, 12)}`);
  }
  const { latentChannels, downscale } = vae.config;
  const panel = panelOf(facts);
  const owned = made.move();
  return {
    pooled,
    tokens: new KeptTokens(blocks),
    sigma: facts.sigma,
    layout: quadLayout([
      latentChannels,
      panel.height / downscale,
      panel.width / downscale,
    ]),
    [Symbol.dispose]: () => owned.dispose(),
  };
}

/**
 * Extents of the panels of an edit in a file.
 *
 * @param facts What the file says.
 * @returns Width and height in pixels.
 *
 * @example Usage
 * ```ts
 * import { type EditFacts, panelOf } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * const facts = { panelSize: 64 } as EditFacts;
 * assert.deepEqual(panelOf(facts), { width: 64, height: 64 });
 * ```
 */
export function panelOf(facts: EditFacts): Size {
  const { panel, panelSize } = facts;
  return panel ?? { width: panelSize, height: panelSize };
}

/** Tensors of an edit by their names in a file, in the order of the hash. */
function tensorsOf({ pooled, tokens }: KeptEdit): [string, Tensor][] {
  return [
    ["pooled", pooled],
    ...tokens.blocks.flatMap(({ k, v }, i): [string, Tensor][] => [
      [`block.${i}.k`, k],
      [`block.${i}.v`, v],
    ]),
  ];
}

function infoOf({ dtype, shape }: Tensor) {
  return { dtype: dtype === "f16" ? "F16" : "F32", shape } as const;
}

async function bytesOf(tensor: Tensor): Promise<Uint8Array<ArrayBuffer>> {
  const { buffer, byteOffset, byteLength } = await tensor.data();
  return Uint8Array.from(new Uint8Array(buffer, byteOffset, byteLength));
}

/** The hash of a file, begun with what it says. */
function digestOf(facts: string): Hash {
  return createHash("sha256").update(facts);
}

function update(
  digest: Hash,
  { name, dtype, shape }: Pick<TensorInfo, "name" | "dtype" | "shape">,
  bytes: Uint8Array,
): void {
  digest.update(JSON.stringify([name, dtype, shape])).update(bytes);
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
