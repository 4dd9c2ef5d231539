/**
 * A LoRA training step of the embedded model beside PyTorch and peft, in one run:
 * each case has a process on either side, they take turns, and all others stand
 * still, so that a busy machine slows both alike.
 *
 * Prints a table of medians and of the memory that steps add to the process with
 * the model loaded (most resident, Linux only).
 *
 * Usage: deno run -A bench/peers/lora_step.ts [--batches 8,16] [--rounds 5]
 *   [--steps 3] [--python PATH]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({
  options: {
    batches: { type: "string", default: "8,16" },
    rounds: { type: "string", default: "5" },
    steps: { type: "string", default: "3" },
    python: { type: "string", default: process.env.PYTHON ?? "python3" },
  },
});
const SERVE = fileURLToPath(new URL("serve_lora_step.ts", import.meta.url));
const PYTHON = fileURLToPath(
  new URL("../pytorch/lora_step.py", import.meta.url),
);

/** A process that does steps when it is told to. */
class Side {
  readonly milliseconds: number[] = [];
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #loaded = 0;

  private constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#lines = createInterface({ input: this.#child.stdout! })
      [Symbol.asyncIterator]();
  }

  /** Starts it, and stops it when its model is loaded. */
  static async start(
    command: string,
    args: readonly string[],
  ): Promise<Side> {
    const side = new Side(command, args);
    await side.#answer();
    side.#loaded = await side.#memory("VmRSS");
    process.kill(side.#child.pid!, "SIGSTOP");
    return side;
  }

  /** Does steps; the first ones, which make room, do not count. */
  async run(steps: number, { isWarmup = false } = {}): Promise<void> {
    process.kill(this.#child.pid!, "SIGCONT");
    this.#child.stdin!.write(`${steps}\n`);
    const milliseconds = await this.#answer();
    process.kill(this.#child.pid!, "SIGSTOP");
    if (!isWarmup) this.milliseconds.push(...milliseconds);
  }

  get median(): number {
    return this.milliseconds.sort((a, b) => a - b)[
      this.milliseconds.length >> 1
    ]!;
  }

  /** Mebibytes that the steps added at most. */
  async added(): Promise<number> {
    return await this.#memory("VmHWM") - this.#loaded;
  }

  stop(): void {
    process.kill(this.#child.pid!, "SIGKILL");
  }

  async #answer(): Promise<number[]> {
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done) {
        throw new Error(
          `Cannot measure a step as its process must answer: ${
            this.#child.spawnargs.join(" ")
          }`,
        );
      }
      if (value.startsWith("[")) return JSON.parse(value) as number[];
    }
  }

  async #memory(name: "VmRSS" | "VmHWM"): Promise<number> {
    const path = `/proc/${this.#child.pid}/status`;
    const status = await readFile(path, "utf8").catch(() => "");
    const [, kibibytes] = new RegExp(`${name}:\\s+(\\d+)`).exec(status) ?? [];
    return Number(kibibytes) / 1024;
  }
}

const cases = flags.batches.split(",").flatMap((batch) =>
  ["without", "with"].map((checkpoints) => ({ batch, checkpoints }))
);
const pairs: (typeof cases[number] & { ours: Side; theirs: Side })[] = [];
for (const one of cases) {
  const args = [one.batch, one.checkpoints];
  pairs.push({
    ...one,
    ours: await Side.start(Deno.execPath(), [
      "run",
      "-A",
      "--no-check",
      SERVE,
      ...args,
    ]),
    theirs: await Side.start(flags.python, [PYTHON, ...args]),
  });
}
for (let round = -1; round < Number(flags.rounds); round++) {
  for (const { ours, theirs } of pairs) {
    // who is first changes each round
    for (const side of round % 2 === 0 ? [ours, theirs] : [theirs, ours]) {
      await side.run(Number(flags.steps), { isWarmup: round < 0 });
    }
  }
}
let table =
  "| batch | checkpoints | ms, ours | ms, PyTorch + peft | ratio | MiB, ours | MiB, PyTorch + peft |\n" +
  "| ---: | --- | ---: | ---: | ---: | ---: | ---: |\n";
for (const { batch, checkpoints, ours, theirs } of pairs) {
  const cells = [
    batch,
    checkpoints,
    ours.median.toFixed(0),
    theirs.median.toFixed(0),
    (ours.median / theirs.median).toFixed(2),
    (await ours.added()).toFixed(0),
    (await theirs.added()).toFixed(0),
  ];
  table += `| ${cells.join(" | ")} |\n`;
}
for (const { ours, theirs } of pairs) {
  ours.stop();
  theirs.stop();
}
process.stdout.write(table);
process.exit(0);
