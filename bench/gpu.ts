/**
 * Everything to know about this project on a machine's WebGPU adapter, in under
 * nine minutes: ceilings, tests, steps of the transformer and of training, benches,
 * peers, and PyTorch if `python3 -c "import torch"` works; what matters most is
 * first. Sections that do not fit the time, or fail, say so and the rest goes on.
 * On a software adapter sizes are reduced.
 *
 * Usage: deno task bench:gpu [-o out/bench_gpu.md] [--seconds 520]
 *   [--python python3] [--only SECTION,…]
 */
import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { gpuInfo } from "@edit-transfer/tensor";
import { benchTable, testSummary } from "./read_output.ts";

const { values: flags } = parseArgs({
  options: {
    output: { type: "string", short: "o", default: "out/bench_gpu.md" },
    seconds: { type: "string", default: "520" },
    python: { type: "string", default: "python3" },
    only: { type: "string", default: "" },
  },
});

/** A part of the report. */
interface Section {
  readonly name: string;
  /** Seconds after which it is stopped. */
  readonly seconds: number;
  /** Program and arguments. */
  readonly command: readonly string[];
  /** Makes Markdown of what the program said; by default it is Markdown. */
  readonly read?: ((output: string) => string) | undefined;
}

const info = await gpuInfo();
if (info === undefined) {
  throw new Error(
    "Cannot bench as no WebGPU adapter was found: install a Vulkan driver and its loader",
  );
}
const { software } = info;
const deno = (...args: string[]) => [Deno.execPath(), ...args];
const run = (...args: string[]) => deno("run", "-A", "--no-check", ...args);
const { status } = spawnSync(flags.python, ["-c", "import torch"]);
const torch = (script: string, ...args: string[]) =>
  status === 0 ? [flags.python, `bench/pytorch/${script}`, ...args] : [];
const reduced = software
  ? "--double 1 --single 2 --heads 6 --image 64 --text 32".split(" ")
  : [];

/** A file of `deno bench`; nothing if it is not there. */
const bench = (name: string, seconds: number): Section => ({
  name,
  seconds,
  command: existsSync(`bench/${name}_bench.ts`)
    ? deno("bench", "-A", "--no-check", `bench/${name}_bench.ts`)
    : [],
  read: benchTable,
});

/** A step of the transformer with weights in some forms. */
const step = (name: string, weights: string, seconds: number): Section => ({
  name,
  seconds,
  command: run("bench/flux/step.ts", "--weights", weights),
});

const sections: readonly Section[] = [
  {
    name: "machine",
    seconds: 30,
    command: run("apps/cli/main.ts", "doctor"),
    read: inBlock,
  },
  { name: "ceilings", seconds: 40, command: run("bench/ceilings.ts") },
  {
    name: "tests",
    seconds: software ? 100 : 130,
    command: deno(
      "test",
      "-A",
      "--no-check",
      // all of them take minutes on a software adapter, and run elsewhere
      ...software
        ? [
          "packages/tensor/webgpu",
          "packages/tensor/gemm/webgpu",
          "packages/tensor/attention/webgpu",
          "bench",
        ]
        : [
          "packages/tensor/webgpu",
          "packages/tensor/gemm",
          "packages/tensor/attention",
          "packages/tensor/ops",
          "packages/dit",
        ],
    ),
    read: testSummary,
  },
  step("step", "embedded,bf16", 120),
  {
    name: "joint and kept steps",
    seconds: 60,
    command: run("bench/flux/kept_step.ts"),
  },
  {
    name: "step in PyTorch",
    seconds: 45,
    command: torch("flux_step.py", ...reduced),
  },
  bench("attention", 45),
  {
    name: "attention in PyTorch",
    seconds: 25,
    command: torch(
      "attention.py",
      ...software ? ["--heads", "4", "--lengths", "288,768"] : [],
    ),
  },
  {
    name: "training step",
    seconds: 75,
    command: run("bench/flux/train_step.ts"),
  },
  {
    name: "training step in PyTorch",
    seconds: 45,
    command: torch(
      "flux_step.py",
      "--train",
      ...software
        ? "--double 1 --single 1 --heads 2 --image 64 --text 32 --rounds 1"
          .split(" ")
        : ["--double", "4", "--single", "8"],
    ),
  },
  step("step in 8 bits", "q8_0", 50),
  step("step in 4 bits", "q4_k", 50),
  {
    name: "peers",
    seconds: 75,
    command: run(
      "bench/peers/gemm.ts",
      "--device",
      "webgpu",
      "--rounds",
      "3",
      "--milliseconds",
      "200",
      "--seconds",
      "60",
      "--python",
      flags.python,
    ),
  },
  bench("dit", 60),
  bench("edit", software ? 60 : 30),
  bench("conv", 30),
  {
    name: "tuning",
    seconds: 100,
    command: run("apps/cli/main.ts", "doctor", "--tune"),
    read: inBlock,
  },
  bench("webgpu", 60),
];

const start = performance.now();
const left = () => Number(flags.seconds) - (performance.now() - start) / 1000;
const only = flags.only === "" ? undefined : flags.only.split(",");
mkdirSync(dirname(flags.output), { recursive: true });
const date = new Date().toISOString().slice(0, 10);
writeFileSync(flags.output, `# ${info.description}, ${date}\n`);
for (const { name, seconds, command, read = String } of sections) {
  if (only !== undefined && !only.includes(name)) continue;
  const limit = Math.min(seconds, left());
  const note = command.length === 0
    ? "Not there."
    : limit < 5
    ? "Skipped for want of time."
    : undefined;
  if (note !== undefined) {
    report(name, note);
    continue;
  }
  process.stderr.write(`${name} … `);
  const began = performance.now();
  const { output, errors, ending } = await finished(command, limit);
  const took = ((performance.now() - began) / 1000).toFixed(0);
  process.stderr.write(`${took} s${ending && `, ${ending}`}\n`);
  const trouble = ending === ""
    ? ""
    : `\nThis section ${ending}.\n${inBlock(lastLines(errors))}`;
  report(`${name} (${took} s)`, read(output).trim() + trouble);
}
process.stdout.write(`${flags.output}\n`);

function report(name: string, text: string): void {
  appendFileSync(flags.output, `\n## ${name}\n\n${text.trim()}\n`);
}

/** Runs a program for so many seconds at most. */
async function finished(
  [program, ...args]: readonly string[],
  seconds: number,
): Promise<{ output: string; errors: string; ending: string }> {
  const child = spawn(program!, args, {
    env: {
      ...process.env,
      NO_COLOR: "1",
      EDIT_TRANSFER_REQUIRE_GPU: "1",
      DENO_NO_UPDATE_CHECK: "1",
    },
    detached: true, // so that its own processes end with it
  });
  let output = "";
  let errors = "";
  let late = false;
  child.stdout.on("data", (chunk) => output += chunk);
  child.stderr.on("data", (chunk) => errors += chunk);
  const timer = setTimeout(() => {
    late = true;
    process.kill(-child.pid!, "SIGKILL");
  }, 1000 * seconds);
  const code = await new Promise<number | string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(code ?? signal ?? "none"));
  });
  clearTimeout(timer);
  const ending = late
    ? `was stopped after ${seconds.toFixed(0)} s`
    : code === 0
    ? ""
    : `ended with ${code}`;
  return { output, errors, ending };
}

function inBlock(text: string): string {
  return text.trim() === "" ? "" : `\n\`\`\`text\n${text.trim()}\n\`\`\`\n`;
}

/** The end of a text, without what Dawn always says. */
function lastLines(text: string): string {
  return text.split("\n").filter((line) => !/^Warning: max/.test(line))
    .filter((line) => line.trim() !== "").slice(-12).join("\n");
}
