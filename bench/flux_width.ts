/**
 * Compares every form of the model that tools/goldens/flux_width.py wrote with
 * PyTorch: each array by the hash of its values, then the velocity, the text
 * encoders, the autoencoder and an edit of two steps. Prints Markdown tables.
 *
 * Usage: deno run -A bench/flux_width.ts DIR [--device cpu|webgpu]
 *   [--only FORM,…] [--skip arrays,velocity,edit]
 *
 * What `convert` makes of a form is compared too if it lies in DIR. A form whose weights do not fit the device whole is compared in its first
 * double and its first single block.
 */
import { decodeImage } from "@edit-transfer/image";
import {
  loadPipeline,
  type ModelFolder,
  openModelFolder,
  prepareEdit,
} from "@edit-transfer/pipeline";
import {
  type Device,
  openDevice,
  ParameterReader,
} from "@edit-transfer/tensor";
import { relativeError } from "@edit-transfer/testing";
import {
  openSafetensors,
  type WeightSource,
  widen,
} from "@edit-transfer/weights";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { goldenInputs } from "../packages/dit/_test_inputs.ts";
import { FluxTransformer } from "../packages/dit/flux_transformer.ts";

const { values: flags, positionals: [folder] } = parseArgs({
  allowPositionals: true,
  options: {
    device: { type: "string", default: "cpu" },
    only: { type: "string" },
    skip: { type: "string", default: "" },
  },
});
if (folder === undefined) throw new Error("Usage: flux_width.ts DIR");
const skipped = new Set(flags.skip.split(","));
const PARTS = ["transformer", "t5", "clip", "vae"] as const;
const HEAP = 3.6e9; // what weights may take of the cpu's 4 GiB

type Hashes = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Forms that were written or converted, by name. */
function forms(): string[] {
  const wanted = flags.only?.split(",");
  return readdirSync(folder!).filter((name) =>
    existsSync(join(folder!, name, "tokenizer")) &&
    (wanted === undefined || wanted.includes(name))
  ).sort();
}

const hashesOf = (form: string) => join(folder!, "reference", `${form}.json`);

/** All arrays of a file, as floats. */
async function readAll(path: string) {
  await using source = await openSafetensors(path);
  const arrays: Record<string, Float32Array> = {};
  for (const name of source.names()) {
    const { dtype } = source.info(name);
    const bytes = await source.read(name);
    arrays[name] = dtype === "I32"
      ? Float32Array.from(new Int32Array(bytes.buffer))
      : widen(bytes, dtype);
  }
  const { metadata } = source;
  const shape = (name: string) => source.info(name).shape;
  const shapes = Object.fromEntries(
    Object.keys(arrays).map((name) => [name, shape(name)]),
  );
  return { arrays, shapes, metadata };
}

/** Arrays whose values have the right hash, of all that the reference has. */
async function compareArrays(form: string, model: ModelFolder) {
  const expected = JSON.parse(readFileSync(hashesOf(form), "utf8")) as Hashes;
  const cells: string[] = [];
  for (const part of PARTS) {
    const { weights } = model[part];
    const wanted = new Map(Object.entries(expected[part]!));
    const total = wanted.size;
    let equal = 0;
    for (const name of weights.names()) {
      const found = wanted.get(name) ?? wanted.get(`text_model.${name}`);
      if (found === undefined) {
        if (name === "encoder.embed_tokens.weight") continue; // shared.weight again
        throw new Error(
          `Cannot compare ${name} of ${form} as ${part} must have it: it is not in the reference`,
        );
      }
      const values = widen(await weights.read(name), weights.info(name).dtype);
      const bytes = new Uint8Array(
        values.buffer,
        values.byteOffset,
        values.byteLength,
      );
      const hash = createHash("sha256").update(bytes).digest("hex");
      if (hash === found) equal++;
      else process.stderr.write(`${form}: ${name} of ${part} differs\n`);
    }
    cells.push(`${equal} / ${total}`);
  }
  return cells;
}

/** Weights that only the first double and the first single block use. */
function shallow({ config, weights }: ModelFolder["transformer"]) {
  return { config: { ...config, numLayers: 1, numSingleLayers: 1 }, weights };
}

function sizeOf(weights: WeightSource): number {
  let bytes = 0;
  for (const name of weights.names()) {
    const { sizeBytes, stored } = weights.info(name);
    bytes += stored?.sizeBytes ?? sizeBytes;
  }
  return bytes;
}

/** Error of the velocity against the reference with the same values. */
async function compareVelocity(
  form: string,
  model: ModelFolder,
  device: Device,
) {
  const reference = await readAll(
    join(folder!, "reference", "velocity.safetensors"),
  );
  const { arrays } = reference;
  const key = arrays[form] === undefined ? "bf16" : form;
  const fits = device.kind !== "cpu" ||
    sizeOf(model.transformer.weights) < HEAP;
  const { config, weights } = fits
    ? model.transformer
    : shallow(model.transformer);
  const start = performance.now();
  const transformer = await FluxTransformer.load(
    new ParameterReader(device, weights),
    config,
  );
  const loaded = performance.now();
  using _model = transformer;
  using inputs = goldenInputs(device, reference);
  using velocity = transformer.forward(inputs);
  const got = await velocity.data() as Float32Array;
  const error = (name: string) =>
    relativeError(got, arrays[name]!).toExponential(1);
  const isRandom = /_K$/.test(form); // blocks that stand for other weights
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  return [
    fits ? "2 + 2" : "1 + 1",
    error(fits ? key : `shallow.${key}`),
    isRandom ? "" : error(fits ? "bf16" : "shallow.bf16"),
    fits && !isRandom ? error("torch_bf16") : "",
    seconds(loaded - start),
    seconds(performance.now() - loaded),
    (device.memory.peakBytes / 2 ** 30).toFixed(2),
  ];
}

/** Errors of each stage of an edit of two steps. */
async function compareEdit(form: string, device: Device) {
  const { arrays, metadata } = await readAll(
    join(folder!, "reference", "edit.safetensors"),
  );
  const rows: [string, number][] = [];
  const compare = (
    name: string,
    got: ArrayLike<number>,
    expected = arrays[name]!,
  ) => rows.push([name, relativeError(got, expected)]);
  await using pipeline = await loadPipeline(join(folder!, form), { device });
  const picture = (name: string) =>
    decodeImage(join(folder!, "pictures", `${name}.png`));
  const panelSize = Number(metadata.panel);
  using prepared = await prepareEdit(pipeline, {
    before: await picture("before"),
    after: await picture("after"),
    query: await picture("query"),
    prompt: metadata.prompt,
    panelSize,
  });
  compare("pooled", await prepared.text.pooled.data());
  compare("states", await prepared.text.states.data());
  const latents = prepared.latents.flatMap((x) => [...x]);
  compare("latents", latents);
  const value = await prepared.run({
    seed: Number(metadata.seed),
    steps: Number(metadata.steps),
  });
  compare(
    "after_all",
    value.quad,
    prepared.layout.unpack(arrays.after_all!),
  );
  compare("answer", value.latents);
  const n = panelSize ** 2;
  const levels = Float32Array.from(
    value.image.data,
    (_, i) => arrays.picture![(i % 3) * n + Math.floor(i / 3)]!,
  );
  compare("picture", value.image.data, levels);
  const off = value.image.data.reduce(
    (most, level, i) => Math.max(most, Math.abs(level - levels[i]!)),
    0,
  );
  rows.push(["largest difference of a level", off]);
  return rows;
}

function row(cells: readonly string[]): void {
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
}

function head(cells: readonly string[]): void {
  process.stdout.write("\n");
  row(cells);
  row(cells.map(() => "---"));
}

const names = forms();
if (!skipped.has("arrays")) {
  head(["form", ...PARTS]);
  for (const form of names.filter((name) => existsSync(hashesOf(name)))) {
    await using model = await openModelFolder(join(folder, form));
    row([form, ...await compareArrays(form, model)]);
  }
}
if (!skipped.has("velocity")) {
  head([
    "form",
    "blocks",
    "same values",
    "bf16 values",
    "PyTorch in bf16",
    "load s",
    "run s",
    "peak GiB",
  ]);
  for (const form of names) {
    using device = await openDevice(flags.device as "cpu", {});
    await using model = await openModelFolder(join(folder, form));
    row([form, ...await compareVelocity(form, model, device)]);
  }
}
if (!skipped.has("edit")) {
  for (
    const form of names.filter((name) => name === "diffusers" || flags.only)
  ) {
    using device = await openDevice(flags.device as "cpu", {});
    head(["stage", `error of ${form}`]);
    for (const [name, error] of await compareEdit(form, device) ?? []) {
      row([
        name,
        error < 1 && error > 0 ? error.toExponential(1) : `${error}`,
      ]);
    }
  }
}
