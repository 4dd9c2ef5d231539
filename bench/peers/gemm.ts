/**
 * Matrix product beside the libraries that a TypeScript developer would
 * otherwise pick, and PyTorch, in one run. Each candidate has a process of its
 * own, and they take turns in rounds, the others standing still, so that a busy
 * machine slows all alike and none slows another.
 *
 * Usage: deno run -A bench/peers/gemm.ts [--device cpu|webgpu] [--rounds 7]
 *   [--milliseconds 300] [--python PATH] [--only NAME,…] [--seconds 90]
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  findGpu,
  openWebGpuDevice,
} from "../../packages/tensor/webgpu/device.ts";
import { ceilings } from "../ceilings/ceilings.ts";
import { markdownTable } from "../markdown_table.ts";
import { Racer, type Size } from "./racer.ts";

const { values } = parseArgs({
  options: {
    device: { type: "string", default: "cpu" },
    rounds: { type: "string", default: "7" },
    milliseconds: { type: "string", default: "300" },
    seconds: { type: "string", default: "600" },
    python: { type: "string", default: "python3" },
    only: { type: "string", default: "" },
  },
});

const CUBES: readonly Size[] = [[512, 512, 512], [1024, 1024, 1024]];
/** Sizes for cpus and software adapters, and for hardware. */
const SIZES: Readonly<
  Record<"cpu" | "software" | "hardware", readonly Size[]>
> = {
  cpu: [...CUBES, [288, 256, 1024]],
  software: [...CUBES, [288, 256, 1024], [288, 1024, 16], [288, 16, 1024]],
  hardware: [
    ...CUBES,
    [4608, 3072, 12288],
    [4608, 3072, 3072],
    [4608, 3072, 16],
    [4608, 16, 3072],
  ],
};
const CANDIDATES = {
  cpu: [
    "cpu",
    "cpu-1",
    "tfjs-wasm",
    "jax-wasm",
    "onnxruntime-wasm",
    "onnxruntime-cpu",
  ],
  webgpu: [
    "webgpu",
    "webgpu-bf16",
    "webgpu-f16",
    "tfjs-webgpu",
    "jax-webgpu",
    "onnxruntime-webgpu",
    "onnxruntime-web-webgpu",
  ],
} as const;

const onGpu = values.device === "webgpu";
const deadline = performance.now() + 1000 * Number(values.seconds);
let kind: keyof typeof SIZES = "cpu";
let ceiling: number | undefined; // GFLOP/s in f32 registers
let title = "cpu";
if (onGpu) {
  const adapter = await findGpu({ software: true });
  if (adapter === undefined) {
    throw new Error("Cannot compare on WebGPU as no adapter was found");
  }
  using device = await openWebGpuDevice(adapter);
  kind = device.software ? "software" : "hardware";
  title = device.name;
  ceiling = (await ceilings(device)).find(({ name }) =>
    name.includes("f32, registers")
  )?.rate;
}
const sizes = SIZES[kind];

// 1. candidates that come up
const serve = fileURLToPath(new URL("serve.ts", import.meta.url));
const torch = fileURLToPath(
  new URL("../pytorch/gemm.py", import.meta.url),
);
const only = values.only === "" ? undefined : values.only.split(",");
const wanted: [name: string, command: string, args: string[]][] = [
  ...CANDIDATES[onGpu ? "webgpu" : "cpu"].map((
    name,
  ): [string, string, string[]] => [
    name,
    Deno.execPath(),
    [
      "run",
      "-A",
      "--no-check",
      "--quiet",
      // fetched when measured, and not pinned; the others need no network
      ...name.startsWith("onnxruntime") ? ["--no-lock"] : [],
      serve,
      name,
    ],
  ]),
  ...["f32", ...kind === "hardware" ? ["bf16"] : []].map((
    dtype,
  ): [string, string, string[]] => [
    `PyTorch ${dtype}`,
    values.python,
    [torch, dtype],
  ]),
];
const racers: Racer[] = [];
const absent: string[] = [];
for (const [name, command, args] of wanted) {
  if (only !== undefined && !only.includes(name)) continue;
  try {
    racers.push(await Racer.start(command, args));
  } catch (error) {
    absent.push(`${name}: ${(error as Error).message}`);
  }
}

// 2. rounds, each size in turn
const seconds = new Map<string, number[]>();
const failed = new Set<Racer>();
let rounds = 0;
for (; rounds < Number(values.rounds); rounds++) {
  if (rounds > 0 && performance.now() > deadline) break;
  for (const size of sizes) {
    for (const racer of racers) {
      if (failed.has(racer) || performance.now() > deadline) continue;
      const key = `${racer.name} ${size}`;
      try {
        const times = await racer.run(size, Number(values.milliseconds));
        seconds.set(key, [...seconds.get(key) ?? [], ...times]);
      } catch (error) {
        failed.add(racer);
        absent.push(`${racer.name}: ${(error as Error).message}`);
      }
    }
  }
}
for (const racer of racers) racer.stop();

// 3. median rates, our share of the ceiling, and our ratio to the best peer
const rate = (name: string, [M, K, N]: Size) => {
  const times = seconds.get(`${name} ${[M, K, N]}`)?.sort((a, b) => a - b);
  if (times === undefined) return undefined;
  return 2 * M * K * N / times[times.length >> 1]! / 1e9;
};
const isOurs = (name: string) => /^edit-transfer(?!.*×)/.test(name); // f32
const isPackage = (name: string) => !/PyTorch|edit-transfer/.test(name);
const best = (size: Size, of: (name: string) => boolean) =>
  Math.max(...racers.map(({ name }) => of(name) ? rate(name, size) ?? 0 : 0));
const row = (name: string, cell: (size: Size) => string) => [
  name,
  ...sizes.map(cell),
];
const ratio = (size: Size, of: (name: string) => boolean) => {
  const peer = best(size, of);
  return peer === 0 ? "" : (best(size, isOurs) / peer).toFixed(2);
};
process.stdout.write(
  markdownTable(
    [
      `GFLOP/s on ${title}, median of ${rounds} rounds`,
      ...sizes.map((size) => size.join("×")),
    ],
    [
      ...racers.map(({ name }) =>
        row(name, (size) => rate(name, size)?.toPrecision(3) ?? "")
      ),
      ...ceiling === undefined ? [] : [
        row(
          `ours, share of ${ceiling.toPrecision(3)} in f32 registers`,
          (size) => `${(100 * best(size, isOurs) / ceiling).toFixed(0)} %`,
        ),
      ],
      row(
        "ours to the best other package",
        (size) => ratio(size, isPackage),
      ),
      row(
        "ours to PyTorch",
        (size) => ratio(size, (name) => /PyTorch/.test(name)),
      ),
    ],
  ) + absent.map((line) => `\nnot measured: ${line}`).join("") + "\n",
);
process.exit(0);
