/**
 * Renders figures in bulk, for training: `panels.u8` holds raw RGB levels
 * [instances, identities, 2 (source, edited), size, size, 3] and
 * `captions.jsonl` one line an instance.
 *
 * deno run -A models/micro/train/render_figures.ts --split train --instances 12000
 *   --identities 4 --seed 1 [--composed 0.15] [--general 0.28] -o DIR
 *
 * `--composed` is the share of instances of two edits; the last `--general` of
 * the instances are differences without a name.
 *
 * @module
 */

import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import {
  drawInstance,
  figureCaption,
  gridCaption,
  type Instance,
  renderSheet,
  type Split,
  SPLITS,
} from "@edit-transfer/figures";

const SHEET = 32;
const AHEAD = 4;

const { values } = parseArgs({
  options: {
    split: { type: "string", default: "train" },
    instances: { type: "string", default: "12000" },
    identities: { type: "string", default: "4" },
    seed: { type: "string", default: "1" },
    size: { type: "string", default: "64" },
    composed: { type: "string", default: "0.15" },
    general: { type: "string", default: "0" },
    out: { type: "string", short: "o" },
  },
});

if (values.out === undefined || !SPLITS.includes(values.split as Split)) {
  process.stderr.write(
    `Cannot render figures as it takes -o DIR and --split ${
      SPLITS.join("|")
    }\n`,
  );
  process.exit(2);
}

const split = values.split as Split;
const [instances, identities, seed, size] = [
  values.instances,
  values.identities,
  values.seed,
  values.size,
].map(Number) as [number, number, number, number];
const composed = Number(values.composed);
const general = Number(values.general);
if (
  ![instances, identities, seed, size].every(Number.isSafeInteger) ||
  ![composed, general].every((share) => share >= 0 && share <= 1)
) {
  process.stderr.write(
    "Cannot render figures as instances, identities, seed and size must be integers, and composed and general shares of 0 to 1\n",
  );
  process.exit(2);
}

/** Spreads composed instances evenly over the set. */
function composeOf(index: number): 1 | 2 {
  return Math.floor((index + 1) * composed) > Math.floor(index * composed)
    ? 2
    : 1;
}

function line({ words, edits, framing, pairs }: Instance): string {
  return JSON.stringify({
    edit: words,
    types: edits.map(({ type }) => type.name),
    parameters: edits.map(({ parameters }) => parameters),
    general: edits.some(({ type }) => type.isGeneral),
    framing,
    caption: gridCaption(words),
    identities: pairs.map(({ identity }) => identity.number),
    sourceCaptions: pairs.map(({ source }) => figureCaption(source)),
    editedCaptions: pairs.map(({ edited }) => figureCaption(edited, { words })),
  }) + "\n";
}

await mkdir(values.out, { recursive: true });
const panels = await open(join(values.out, "panels.u8"), "w");
const captions = await open(join(values.out, "captions.jsonl"), "w");
const started = performance.now();
let written = 0;
const waiting: Promise<{ pixels: Uint8Array; lines: string }>[] = [];

async function sheet(
  first: number,
): Promise<{ pixels: Uint8Array; lines: string }> {
  const count = Math.min(SHEET, instances - first);
  const drawn = Array.from(
    { length: count },
    (_, i) =>
      drawInstance({
        split,
        seed,
        index: first + i,
        compose: composeOf(first + i),
        identities,
        general: first + i >= instances - Math.round(general * instances),
      }),
  );
  const states = drawn.flatMap(({ pairs }) =>
    pairs.flatMap(({ source, edited }) => [source, edited])
  );
  return {
    pixels: await renderSheet(states, { size }),
    lines: drawn.map(line).join(""),
  };
}

for (let first = 0; first < instances || waiting.length > 0; first += SHEET) {
  if (first < instances) waiting.push(sheet(first));
  if (waiting.length < AHEAD && first + SHEET < instances) continue;
  const { pixels, lines } = await waiting.shift()!;
  await panels.write(pixels);
  await captions.write(lines);
  written += SHEET;
  if (written % 1024 === 0 || written >= instances) {
    const done = Math.min(written, instances);
    const rate = done * identities * 2 / (performance.now() - started) * 1000;
    process.stderr.write(
      `${done}/${instances} instances, ${rate.toFixed(0)} panels/s\n`,
    );
  }
}
await panels.close();
await captions.close();
