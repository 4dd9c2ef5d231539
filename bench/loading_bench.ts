// GB/s at which a weight file reaches a device, from a warm page cache, each
// array as it is stored; then beside Python's safetensors, which runs as a
// process of its own: all take turns, so that they meet the same machine.
//
// Usage: deno run -A bench/loading_bench.ts FILE [ROUNDS [PYTHON]]
import { openDevice, ParameterReader } from "@edit-transfer/tensor";
import { openWeights, type WeightSource } from "@edit-transfer/weights";
import { spawnSync } from "node:child_process";
import { stat } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";

const [path, rounds = "5", python] = process.argv.slice(2);
if (path === undefined) {
  throw new Error("Cannot run as a weight file must be named: got none");
}
const { size } = await stat(path);
const found = new Map<string, number[]>();

/** Notes how fast the file was loaded. */
function note(name: string, ms: number): void {
  const rate = size / ms / 1e6;
  found.set(name, [...found.get(name) ?? [], rate]);
}

/** Loads all arrays and frees them. */
async function load(kind: "cpu" | "webgpu"): Promise<void> {
  using device = await openDevice(kind).catch(() => undefined);
  if (device === undefined) return; // no adapter
  const start = performance.now();
  await using source = await openWeights(path!);
  const reader = new ParameterReader(device, source);
  for (const name of source.names()) {
    const { shape } = source.info(name);
    await reader.load(name, shape, { dtype: "stored" });
  }
  await device.sync();
  note(kind, performance.now() - start);
  for (const tensor of reader.loaded()) tensor.dispose();
}

/** Reads all arrays without a device. */
async function read(): Promise<void> {
  const start = performance.now();
  await using source: WeightSource = await openWeights(path!);
  for (const name of source.names()) await source.read(name);
  note("read()", performance.now() - start);
}

for (let round = 0; round <= Number(rounds); round++) {
  await read();
  await load("cpu");
  await load("webgpu");
  if (python !== undefined) {
    const script = new URL("./pytorch/loading.py", import.meta.url);
    const { stdout, stderr } = spawnSync(
      python,
      [fileURLToPath(script), path],
      { encoding: "utf8" },
    );
    if (stdout === "") throw new Error(`Cannot run Python: ${stderr}`);
    const times = JSON.parse(stdout) as Record<string, number>;
    for (const [name, ms] of Object.entries(times)) note(name, ms);
  }
  if (round === 0) found.clear(); // the first one warms up
}
for (const [name, rates] of found) {
  const sorted = rates.toSorted((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!.toFixed(2);
  const all = rates.map((rate) => rate.toFixed(2)).join(" ");
  process.stdout.write(`${name}: median ${median} GB/s of ${all}\n`);
}
