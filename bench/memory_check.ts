/**
 * Compares memory plans with what edits take, on a random model of any size.
 *
 *     deno run -A bench/memory_check.ts [--double 4] [--single 8] [--width 1024]
 *       [--model DIR] [--device cpu] [--limits none,700MB,400MB] [--steps 3]
 *
 * The model is the embedded one with another transformer, in bf16, one file a
 * block; it is written to `--model` unless it is there. Each limit runs in a
 * process of its own, whose largest resident set is told beside what the device
 * counts.
 */
import { FluxTransformer, parseFluxConfig } from "@edit-transfer/dit";
import { blankImage } from "@edit-transfer/image";
import { loadPipeline, prepareEdit } from "@edit-transfer/pipeline";
import { editWork, planMemory } from "@edit-transfer/plan";
import { openDevice } from "@edit-transfer/tensor";
import { writeSafetensors } from "@edit-transfer/weights";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { outlineOf } from "../packages/plan/_test_outline.ts";

const MICRO = fileURLToPath(new URL("../models/micro", import.meta.url));

/** What one run planned and took, in bytes. */
interface Check {
  readonly stay: string;
  readonly planned: { readonly peak: number; readonly held: number };
  readonly measured: { readonly peak: number; readonly held: number };
  /** Resident set before the model, and the largest. */
  readonly rss: { readonly before: number; readonly peak: number };
  readonly planMs: number;
  readonly stepMs: number;
  readonly crc: string;
}

const { values } = parseArgs({
  options: {
    double: { type: "string", default: "4" },
    single: { type: "string", default: "8" },
    width: { type: "string", default: "1024" },
    model: { type: "string", default: "out/memory_model" },
    device: { type: "string", default: "cpu" },
    limits: { type: "string", default: "none,700MB,400MB" },
    steps: { type: "string", default: "3" },
    measure: { type: "string" },
  },
});

if (values.measure === undefined) await compare();
else await measure(values.measure);

async function compare(): Promise<void> {
  const { model, device, limits, steps } = values;
  const exists = await Deno.stat(`${model}/model_index.json`).catch(() => null);
  if (exists === null) await writeModel(model);
  const rows: string[][] = [];
  const seen = new Set<string>();
  for (const limit of limits.split(",")) {
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--no-check", fileURLToPath(import.meta.url)],
        ...["--measure", limit, "--model", model, "--device", device],
        ...["--steps", steps],
      ],
      stderr: "inherit",
    }).output();
    if (code !== 0) Deno.exit(code);
    const check = JSON.parse(new TextDecoder().decode(stdout)) as Check;
    const { planned, measured, rss } = check;
    seen.add(check.crc);
    const off = (a: number, b: number) => `${((a / b - 1) * 100).toFixed(1)} %`;
    rows.push([
      limit,
      check.stay,
      ...[planned.peak, measured.peak].map(megabytes),
      off(planned.peak, measured.peak),
      ...[planned.held, measured.held].map(megabytes),
      off(planned.held, measured.held),
      ...[rss.before, rss.peak].map(megabytes),
      `${check.planMs.toFixed(0)} ms`,
      `${(check.stepMs / 1000).toFixed(2)} s`,
    ]);
  }
  const head =
    "limit,stay,peak planned,measured,off,held planned,measured,off,RSS before,RSS peak,plan,a step";
  print(`| ${head.split(",").join(" | ")} |`);
  print(`|${" --- |".repeat(head.split(",").length)}`);
  for (const row of rows) print(`| ${row.join(" | ")} |`);
  print(
    seen.size === 1 ? "\nall latents have the same bytes" : "\nlatents differ",
  );
}

/** Plans an edit and makes it. */
async function measure(limit: string): Promise<void> {
  const { model, steps } = values;
  const device = values.device as "cpu" | "webgpu";
  const maxBytes = limit === "none" ? undefined : parseFloat(limit) * 1e6;
  const start = performance.now();
  const plan = await planMemory(model, {
    device,
    maxBytes,
    work: editWork({}),
  });
  const planMs = performance.now() - start;
  const before = resident("VmRSS");
  const opened = await openDevice(device, { maxBytes });
  await using pipeline = await loadPipeline(model, {
    device: opened,
    resident: plan.resident,
  });
  const image = blankImage(64, 64, [200, 90, 30]);
  using prepared = await prepareEdit(pipeline, {
    before: image,
    after: image,
    query: image,
  });
  let last = performance.now();
  let stepMs = 0;
  const value = await prepared.run({
    seed: 7,
    steps: Number(steps),
    onStep() {
      stepMs = performance.now() - last;
      last = performance.now();
    },
  });
  const bytes = new Uint8Array(value.latents.buffer as ArrayBuffer);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  const { peakBytes, peakHeldBytes } = opened.memory;
  const check: Check = {
    stay: plan.resident === undefined
      ? "all"
      : `${plan.resident.filter(Boolean).length} of ${plan.blocks}`,
    planned: { peak: plan.peakBytes, held: plan.heldBytes },
    measured: { peak: peakBytes, held: peakHeldBytes },
    rss: { before, peak: resident("VmHWM") },
    planMs,
    stepMs,
    crc: new Uint8Array(hash).toHex(),
  };
  print(JSON.stringify(check));
  pipeline.unload();
  opened[Symbol.dispose]();
}

/** Bytes that the system counts for this process. */
function resident(name: "VmRSS" | "VmHWM"): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  const [, kilobytes] = new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)!;
  return Number(kilobytes) * 1024;
}

/** The embedded model with a random transformer of another size. */
async function writeModel(folder: string): Promise<void> {
  await new Deno.Command("cp", { args: ["-r", MICRO, folder] }).output();
  const path = `${folder}/transformer`;
  const json = JSON.parse(await Deno.readTextFile(`${path}/config.json`));
  Object.assign(json, {
    attention_head_dim: 128,
    num_attention_heads: Number(values.width) / 128,
    num_layers: Number(values.double),
    num_single_layers: Number(values.single),
    axes_dims_rope: [16, 56, 56],
  });
  await Deno.writeTextFile(`${path}/config.json`, JSON.stringify(json));
  const config = parseFluxConfig(json, path);
  const outline = await outlineOf((reader) =>
    FluxTransformer.load(reader, config)
  );
  const shards = Map.groupBy(
    outline.keys(),
    (name) => /^(?:single_)?transformer_blocks\.\d+/.exec(name)?.[0] ?? "rest",
  );
  const weightMap: Record<string, string> = {};
  for (const [i, names] of [...shards.values()].entries()) {
    const file = `diffusion_pytorch_model-${i}.safetensors`;
    const arrays = names.map((name) => {
      weightMap[name] = file;
      const shape = outline.get(name)!;
      const data = /norm_(added_)?[qk]/.test(name)
        ? new Uint16Array(shape[0]!).fill(0x3f80) // 1
        : randomBf16(shape, i);
      const bytes = new Uint8Array(data.buffer);
      return [name, { dtype: "BF16" as const, shape, data: bytes }];
    });
    await writeSafetensors(`${path}/${file}`, Object.fromEntries(arrays));
  }
  await Deno.remove(`${path}/diffusion_pytorch_model.safetensors`);
  await Deno.writeTextFile(
    `${path}/diffusion_pytorch_model.safetensors.index.json`,
    JSON.stringify({ metadata: {}, weight_map: weightMap }),
  );
}

/** Values of some 1 / √in, as they keep activations near 1. */
function randomBf16(
  shape: readonly number[],
  seed: number,
): Uint16Array<ArrayBuffer> {
  const values = new Uint16Array(shape.reduce((n, extent) => n * extent, 1));
  const scale = 1 / Math.sqrt(shape[1] ?? 2048);
  const one = new Float32Array(1);
  const bits = new Uint32Array(one.buffer);
  let state = seed * 2654435761 + shape[0]! >>> 0;
  for (let i = 0; i < values.length; i++) {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    one[0] = scale * (state / 2 ** 31 - 1);
    values[i] = bits[0]! >>> 16;
  }
  return values;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
