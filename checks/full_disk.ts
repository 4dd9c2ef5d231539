/**
 * Lets the disk be full at each write of `edit`, `batch`, `figures`, `evaluate`,
 * `lora`, `convert`, `pull` and a training: on a small file system in memory, of
 * which ever more is free. Each run ends in a sentence and a code; what lies there
 * is whole, or was there before. With room the same command ends as it would have,
 * and leaves nothing over. Prints a Markdown table; the exit code is 1 if not so.
 *
 * Usage, as root: deno run -A checks/full_disk.ts [VERB…] [--points 8]
 */
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import {
  cp,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  statfs,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { cliCommand, fixture } from "../apps/cli/_run_cli.ts";
import { testHub } from "../packages/hub/_test_hub_server.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { points: { type: "string", default: "8" } },
});
const points = Number(flags.points);
const PAGE = 4096;
const TRAIN = new URL("../apps/train/main.ts", import.meta.url).pathname;
const MICRO = fixture("../models/micro");
const LORA = `${MICRO}/lora/edit_transfer.safetensors`;
const FILES = Object.fromEntries(
  [300_000, 700_000, 400].map((length, k) => [
    `part-${k}.safetensors`,
    Uint8Array.from({ length }, (_, i) => (i * 7919 + k) >> 5),
  ]),
);

/** Commands; all that they write is in the folder that they run in. */
function verbs(hub: string): Record<string, () => Deno.Command> {
  const picture = (name: string) => fixture(`demo/0000/${name}.png`);
  const env = {
    HF_ENDPOINT: hub,
    HF_HUB_CACHE: "cache",
    HF_HOME: "home",
  };
  const cli = (...args: string[]) => () =>
    cliCommand(args, { cwd: place, env });
  return {
    edit: cli(
      ...["edit", "--example", picture("source"), picture("edited")],
      ...["--query", picture("query"), "--device", "cpu", "--steps", "2"],
      ...["--save-grid", "--preview-dir", "previews", "-o", "out.png"],
    ),
    batch: cli("batch", join(home, "jobs.jsonl"), "--device", "cpu"),
    figures: cli("figures", "--count", "3", "-o", "figures", "--force"),
    evaluate: cli(
      ...["evaluate", "--count", "2", "--steps", "2", "-o", "report"],
      ...["--conditions", "right", "--device", "cpu"],
    ),
    "lora convert": cli(
      ...["lora", "convert", LORA, "--to", "kohya", "-o", "a.safetensors"],
    ),
    "lora merge": cli("lora", "merge", "--lora", LORA, "-o", "merged"),
    convert: cli("convert", MICRO, "--quantize", "8", "-o", "converted"),
    pull: cli("pull", "owner/model"),
    train: () =>
      new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-A", "--no-check", TRAIN],
          ...["--config", join(home, "train.json"), "--resume"],
        ],
        cwd: place,
        env,
      }),
  };
}

const home = await mkdtemp(join(tmpdir(), "full-disk-"));
const place = join(home, "disk");
await mkdir(place);
execFileSync("mount", ["-t", "tmpfs", "-o", "size=256m", "none", place]);

/** Puts everything there anew. */
async function empty(): Promise<void> {
  for (const name of await readdir(place)) {
    await rm(join(place, name), { recursive: true });
  }
}

/** Leaves so many bytes free. */
async function fill(free: number): Promise<void> {
  const { bavail, bsize } = await statfs(place);
  await using file = await open(join(place, "ballast"), "w");
  const part = new Uint8Array(2 ** 20);
  for (let left = bavail * bsize - free; left > 0;) {
    left -= (await file.write(part, 0, Math.min(left, part.length)))
      .bytesWritten;
  }
}

/** SHA-256 of each file, log and times aside; unfinished ones apart. */
async function snapshot() {
  const whole = new Map<string, string>();
  const unfinished: string[] = [];
  for (
    const entry of await readdir(place, {
      recursive: true,
      withFileTypes: true,
    })
  ) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(place, path);
    if (entry.isDirectory() || name === "ballast") continue;
    if (
      /\.(tmp|part|unfinished|lock|incomplete|part\.json)(\/|$)|\/\.(writing|removing)-/
        .test(name)
    ) {
      unfinished.push(name);
    } else if (
      !/log\.jsonl$|loss\.(svg|png)$|checkpoints|report\.(md|json)$/.test(name)
    ) {
      const hash = createHash("sha256").update(await readFile(path));
      whole.set(name, hash.digest("hex"));
    }
  }
  return { whole, unfinished };
}

async function run(command: () => Deno.Command) {
  const { code, stderr } = await command().output();
  const lines = new TextDecoder().decode(stderr).trim().split("\n");
  return {
    code,
    says: lines.filter((line) => /^(error|failed): /.test(line)).join(" "),
  };
}

/** The command of a training: new where nothing is there to resume. */
async function runVerb(name: string, command: () => Deno.Command) {
  const first = await run(command);
  if (
    name !== "train" ||
    !/there must be a whole checkpoint/.test(first.says ?? "")
  ) {
    return first;
  }
  const config = join(home, "train.json");
  return await run(() =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", TRAIN, "--config", config],
      cwd: place,
    })
  );
}

async function test(name: string, command: () => Deno.Command) {
  await empty();
  const before = await statfs(place);
  const straight = await runVerb(name, command);
  if (straight.code !== 0) {
    throw new Error(`Cannot run ${name}: got ${straight.says}`);
  }
  const { bavail, bsize } = await statfs(place);
  const needed = (before.bavail - bavail) * bsize;
  const { whole: wanted } = await snapshot();
  const faults: string[] = [];
  let full = 0;
  let left = 0;
  for (let k = 0; k < points; k++) {
    const free = Math.floor(k * needed / points / PAGE) * PAGE;
    await empty();
    await fill(free);
    const { code, says } = await runVerb(name, command);
    if (code !== 0) {
      full++;
      if (code !== 1 || !/disk is full|are free$/.test(says ?? "")) {
        faults.push(`${free} bytes: exit code ${code}, ${says}`);
      }
    }
    for (const [path, hash] of (await snapshot()).whole) {
      if (wanted.get(path) === hash) continue;
      faults.push(`${free} bytes: ${path} is there and is not whole`);
    }
    await rm(join(place, "ballast"));
    const again = await runVerb(name, command);
    const end = await snapshot();
    left += end.unfinished.length;
    const isSame = end.whole.size === wanted.size &&
      [...wanted].every(([path, hash]) => end.whole.get(path) === hash);
    if (!isSame || end.unfinished.length > 0) {
      faults.push(
        `${free} bytes, then room: ${again.says ?? ""} ${
          [...end.unfinished, ...wanted.keys()].filter((path) =>
            end.whole.get(path) !== wanted.get(path) || !wanted.has(path)
          ).join(", ")
        }`,
      );
    }
  }
  for (const fault of faults) process.stderr.write(`${name} at ${fault}\n`);
  const cells = [
    name,
    `${needed}`,
    `${points}`,
    `${full}`,
    `${left}`,
    `${faults.length}`,
  ];
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
  return faults.length === 0;
}

await cp(MICRO, join(home, "model"), { recursive: true });
const demo = (name: string) => fixture(`demo/0000/${name}.png`);
await writeFile(
  join(home, "jobs.jsonl"),
  [1, 2, 3].map((seed) =>
    JSON.stringify({
      before: demo("source"),
      after: demo("edited"),
      query: demo("query"),
      output: join(place, `${seed}.png`),
      steps: 2,
      seed,
    })
  ).join("\n"),
);
await writeFile(
  join(home, "train.json"),
  JSON.stringify({
    config: {
      name: "run",
      process: [{
        type: "sd_trainer_inpaint",
        training_folder: place,
        device: "cpu",
        network: { linear: 2 },
        save: { save_every: 1, max_step_saves_to_keep: 1 },
        datasets: [{ figures: { count: 2 }, caption_template: "{edit}" }],
        train: { steps: 2, lr: 1e-3, batch_size: 2 },
        model: { name_or_path: join(home, "model") },
        sample: { count: 1, sample_steps: 1 },
        validation: { every: 2, count: 1, sigmas: [0.5] },
      }],
    },
  }),
);
await using hub = await testHub({
  files: FILES,
  lfs: Object.keys(FILES).slice(0, 2),
});
const all = verbs(hub.url);
process.stdout.write(
  "| command | bytes that it writes | tries with less room | that ended for it | files left over | faults |\n" +
    "| --- | --- | --- | --- | --- | --- |\n",
);
let sound = true;
try {
  for (const name of positionals.length > 0 ? positionals : Object.keys(all)) {
    sound = await test(name, all[name]!) && sound;
  }
} finally {
  execFileSync("umount", [place]);
  await stat(home).then(() => rm(home, { recursive: true }));
}
process.exitCode = sound ? 0 : 1;
