/**
 * Mutates what users and strangers write as text: records of pictures, captions,
 * lines of tasks, jobs and cases, configs, rules, LoRA metadata, and answers of a
 * hub. Each mutation has to end in a sentence of ours or in a sound read, and
 * nothing that is printed may hold a control character.
 *
 * Usage: deno run -A checks/fuzz_texts.ts [SEED [RUNS]]
 */
import { Buffer } from "node:buffer";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { readJobs } from "../apps/cli/batch_jobs.ts";
import { readRecord } from "../apps/cli/record.ts";
import { parseConfig } from "../apps/train/parse_config.ts";
import { resolveConfig } from "../apps/train/resolve_config.ts";
import { readManifest } from "../packages/dataset/mod.ts";
import { readCases } from "../packages/evaluate/read_cases.ts";
import {
  decodeText,
  jsonText,
  printable,
  RuleError,
} from "../packages/files/mod.ts";
import { parseYaml } from "../packages/files/yaml.ts";
import { HubError } from "../packages/hub/hub_error.ts";
import { parseDocument } from "../packages/hub/hub_document.ts";
import { blankImage, encodePng } from "../packages/image/mod.ts";
import {
  PNG_SIGNATURE,
  pngChunk,
  pngChunks,
} from "../packages/image/png_chunks.ts";
import { readTraining } from "../packages/lora/training.ts";
import { explain } from "../packages/terminal/mod.ts";
import {
  mutateBytes,
  type Random,
  seededRandom,
} from "../packages/weights/_fuzz.ts";

const seed = Number(process.argv[2] ?? 1);
const runs = Number(process.argv[3] ?? 100_000);
const folder = await mkdtemp(join(tmpdir(), "fuzz-texts-"));
const at = (name: string) => join(folder, name);

/** Text that a terminal obeys, that hides others, or that no file should hold. */
const HOSTILE = [
  "\x1b[2J",
  "\x1b]0;title\x07",
  "\x9b31m",
  "\x7f",
  "\r",
  "\0",
  "\u202e",
  "\ufeff",
  "\\u001b[2J",
  "\\u0000",
  "\\ud800",
  "\n",
  "🙂",
  '"',
  "1e999",
  "9007199254740993",
  "[".repeat(200),
];
/** What no output may hold: controls but line feed and tab, turns of direction. */
const OBEYED = // deno-lint-ignore no-control-regex
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
/** How an error of ours begins. */
const OURS = /^error: (Cannot |\S.* not found: )/;

const FILE = { path: "../a/b.png", sha256: "0".repeat(64) };
const RECORD = {
  command: "edit",
  program: "edit-transfer 0.1.0",
  model: FILE,
  loras: [{ ...FILE, scale: 1 }],
  prompt: "four panels: plain, jumping",
  seed: 42,
  steps: 35,
  guidance: 1,
  device: { kind: "cpu", name: "cpu" },
  pathsFrom: "picture",
  edit: "jumping",
  inputs: { before: FILE, after: FILE, query: FILE },
  panelSize: 64,
  fit: "crop",
  noise: { round: "bf16", standardize: true },
};
const PAIR = {
  before: "1.png",
  after: "1.png",
  query: "1.png",
  target: "1.png",
  edit: "jumping",
};
const CASE = { id: "0000", edit: "jumping", types: ["jumping"] };
const JOB = {
  before: "a.png",
  after: "b.png",
  query: "c.png",
  output: "d.png",
  edit: "jumping",
  seed: 1,
  steps: 2,
  guidance: 1.5,
  panelSize: 64,
};
const CONFIG = `config:
  name: small
  process:
    - type: sd_trainer
      training_folder: out
      network: { linear: 4 }
      datasets: [{ folder_path: data, caption_template: "a {edit}" }]
      train: { steps: 10, lr: 1e-4 }
`;

/** Reads bytes as one kind of text; what it gives is printed. */
type Read = (bytes: Uint8Array) => Promise<unknown> | unknown;

const png = await encodePng(blankImage(8, 8));
const kinds: Record<string, { share: number; sound: string; read: Read }> = {
  record: {
    share: 0.3,
    sound: JSON.stringify(RECORD),
    async read(bytes) {
      await writeFile(at("r.png"), withRecord(bytes));
      const { parameters, record } = await readRecord(at("r.png"));
      return `${parameters}\n\n${jsonText(record, 2)}`;
    },
  },
  caption: {
    share: 0.1,
    sound: "four panels: plain, jumping, plain, jumping\n",
    async read(bytes) {
      await writeFile(at("captions/1.txt"), bytes);
      return (await readManifest(at("captions"))).items;
    },
  },
  "caption in JSON": {
    share: 0.1,
    sound: JSON.stringify({ caption: "jumping", caption_short: "j" }),
    async read(bytes) {
      await writeFile(at("json/1.json"), bytes);
      const options = { captionExtension: "json" };
      return (await readManifest(at("json"), options)).items;
    },
  },
  "pairs.jsonl": {
    share: 0.15,
    sound: `${JSON.stringify(PAIR)}\n${JSON.stringify(PAIR)}\n`,
    async read(bytes) {
      await writeFile(at("pairs/pairs.jsonl"), bytes);
      return (await readManifest(at("pairs"))).items;
    },
  },
  "jobs.jsonl": {
    share: 0.1,
    sound: `${JSON.stringify(JOB)}\n`,
    async read(bytes) {
      await writeFile(at("jobs.jsonl"), bytes);
      return await readJobs(at("jobs.jsonl"));
    },
  },
  "cases.jsonl": {
    share: 0.05,
    sound: `${JSON.stringify(CASE)}\n`,
    async read(bytes) {
      await writeFile(at("cases/cases.jsonl"), bytes);
      return (await readCases(at("cases"))).map(({ words }) => words);
    },
  },
  config: {
    share: 0.05,
    sound: CONFIG,
    read: (bytes) => {
      const text = decodeText(bytes, "a.yaml");
      return resolveConfig(parseConfig(text, { path: "a.yaml" }));
    },
  },
  rules: {
    share: 0.05,
    sound: "'*.txt_mlp.*': q8_0\n'*': &a q4_k\nb: *a\n",
    read: (bytes) => parseYaml(decodeText(bytes, "rules.yaml")),
  },
  "LoRA metadata": {
    share: 0.05,
    sound: JSON.stringify({ template: "a {edit}", panel_size: 64, step: 1 }),
    read: (bytes) => {
      const text = new TextDecoder().decode(bytes);
      return readTraining({ edit_transfer: text, template: text });
    },
  },
  "hub answer": {
    share: 0.05,
    sound: JSON.stringify({
      sha: "0".repeat(40),
      siblings: [{ rfilename: "a" }],
    }),
    read: (bytes) => parseDocument({ repo: "a/b", hubUrl: "http://h" }, bytes),
  },
};

try {
  for (const name of ["captions", "json", "pairs", "cases/0000"]) {
    await mkdir(at(name), { recursive: true });
    await writeFile(at(`${name}/1.png`), png);
  }
  for (const name of ["source", "edited", "query", "target"]) {
    await writeFile(at(`cases/0000/${name}.png`), png);
  }
  for (const [name, { share, sound, read }] of Object.entries(kinds)) {
    const bytes = new TextEncoder().encode(sound);
    await read(bytes); // sound as it is
    await fuzz(name, { bytes, read, count: Math.ceil(runs * share) });
  }
} finally {
  await rm(folder, { recursive: true });
}

/** Reads mutations of one kind, and reports how they ended. */
async function fuzz(
  name: string,
  { bytes, read, count }: { bytes: Uint8Array; read: Read; count: number },
): Promise<void> {
  const random = seededRandom(seed);
  let [refused, sound, longestMs] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const mutated = mutate(bytes, random);
    const start = performance.now();
    let shown: string;
    try {
      const value = await read(mutated);
      shown = printable(
        typeof value === "string" ? value : jsonText(value) ?? "",
      );
      sound++;
    } catch (error) {
      shown = explain(named(error))!;
      if (!OURS.test(shown)) {
        throw new Error(`Mutation ${i} of ${name} ended with another error`, {
          cause: error,
        });
      }
      refused++;
    }
    longestMs = Math.max(longestMs, performance.now() - start);
    if (OBEYED.test(shown)) {
      throw new Error(`Mutation ${i} of ${name} printed a control character`, {
        cause: shown,
      });
    }
  }
  process.stdout.write(
    `${name}: ${count} mutations, ${refused} refused, ${sound} sound, longest ${
      longestMs.toFixed(0)
    } ms\n`,
  );
  if (longestMs > 10_000) throw new Error(`Mutation of ${name} took too long`);
}

/** A rule that is broken, as its callers name it. */
function named(error: unknown): unknown {
  return error instanceof RuleError
    ? new Error(`Cannot read it as ${error.message}`)
    : error instanceof HubError
    ? new Error(error.message)
    : error;
}

/** Bytes mutated as such, or with something hostile put in. */
function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  if (random(3) === 0) return mutateBytes(bytes, random);
  const text = new TextDecoder().decode(bytes);
  let mutated = text;
  for (let times = 1 + random(3); times > 0; times--) {
    const place = random(mutated.length + 1);
    const taken = random(4) === 0 ? random(12) : 0;
    mutated = mutated.slice(0, place) + HOSTILE[random(HOSTILE.length)] +
      mutated.slice(place + taken);
  }
  return new TextEncoder().encode(mutated);
}

/** A picture whose record is these bytes. */
function withRecord(bytes: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode("edit_transfer\0\0\0\0\0");
  const data = Buffer.concat([head, bytes]);
  const parts: Uint8Array[] = [PNG_SIGNATURE];
  for (const chunk of pngChunks(png, { path: "r.png" })) {
    parts.push(pngChunk(chunk));
    if (chunk.type === "IHDR") parts.push(pngChunk({ type: "iTXt", data }));
  }
  return Buffer.concat(parts);
}
