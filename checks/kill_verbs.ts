/**
 * Kills `edit`, `pull`, `batch` and `convert` with SIGKILL at random moments, lets them
 * go on, and compares what is there in the end with an uninterrupted run, byte
 * by byte. A file that is there after the kill must be whole already. Prints a
 * Markdown table; the exit code is 1 if a run ended otherwise.
 *
 * Usage: deno run -A checks/kill_verbs.ts [VERB…] [--kills 20] [--seed 1]
 *   [--model DIR]
 *
 * The model is that of `convert`, by default the embedded one.
 */
import { createHash } from "node:crypto";
import {
  copyFile,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { cliCommand, fixture } from "../apps/cli/_run_cli.ts";
import { testHub } from "../packages/hub/_test_hub_server.ts";
import { seededRandom } from "../packages/weights/_fuzz.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    model: { type: "string" },
  },
});
const kills = Number(flags.kills);
const random = seededRandom(Number(flags.seed));

/** A command that is to survive, and where its results are. */
interface Verb {
  readonly args: readonly string[];
  readonly env: Record<string, string>;
  /** Folder of the results, in the folder that it runs in. */
  readonly results: string;
  /** Puts into the folder what the command needs. */
  prepare(folder: string): Promise<void>;
}

/** Files of a repository, of sizes that take a second and a half. */
const REPO = Object.fromEntries(
  [700_000, 2_500_000, 1_300_000, 40].map((length, k) => [
    `part-${k}.${k === 3 ? "json" : "safetensors"}`,
    Uint8Array.from({ length }, (_, i) => (i * 7919 + k) >> 5),
  ]),
);

const nothing = () => Promise.resolve();

/** Commands by name; `hub` is the address of a hub with {@linkcode REPO}. */
function verbs(hub: string): Record<string, Verb> {
  const picture = (name: string) => fixture(`demo/0000/${name}.png`);
  return {
    edit: {
      args: [
        ...["edit", "--example", picture("source"), picture("edited")],
        ...["--query", picture("query"), "--device", "cpu", "--steps", "12"],
        ...["--seed", "1", "2", "--save-grid", "--preview-dir", "previews"],
        ...["-o", "out.png"],
      ],
      env: {},
      results: ".",
      prepare: nothing,
    },
    pull: {
      args: ["pull", "owner/model"],
      env: { HF_ENDPOINT: hub, HF_HUB_CACHE: "cache", HF_HOME: "home" },
      results: "cache",
      prepare: nothing,
    },
    batch: {
      args: ["batch", "jobs.jsonl", "--device", "cpu"],
      env: {},
      results: ".",
      async prepare(folder) {
        await copyFile(picture("query"), join(folder, "query.png"));
        const jobs = [1, 2, 3, 4, 5].map((seed) =>
          JSON.stringify({
            before: picture("source"),
            after: picture("edited"),
            query: "query.png",
            edit: "jumping",
            steps: 12,
            seed,
            output: `${seed}.png`,
          })
        );
        await writeFile(join(folder, "jobs.jsonl"), jobs.join("\n"));
      },
    },
    convert: {
      args: [
        "convert",
        flags.model ?? fixture("../models/micro"),
        ...["--quantize", "8", "--output", "converted"],
      ],
      env: {},
      results: ".",
      prepare: nothing,
    },
  };
}

/** Runs a command; kills it after `killAfter` ms, or says how long it took. */
async function run(
  verb: Verb,
  cwd: string,
  killAfter?: number,
): Promise<{ milliseconds: number; killed: boolean }> {
  const start = performance.now();
  const child = cliCommand(verb.args, { cwd, env: verb.env }).spawn();
  const over = child.output();
  let killed = false;
  if (killAfter !== undefined) {
    const timer = new AbortController();
    const late = setTimeout(killAfter, undefined, { signal: timer.signal });
    killed = await Promise.race([
      late.then(() => true),
      over.then(() => false),
    ]);
    timer.abort();
    await late.catch(() => {});
    if (killed) child.kill("SIGKILL");
  }
  const { code, stderr } = await over;
  if (!killed && code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return { milliseconds: performance.now() - start, killed };
}

/** Hash of each file by path; unfinished ones apart. */
async function snapshot(folder: string) {
  const whole = new Map<string, string>();
  const unfinished: string[] = [];
  const entries = await readdir(folder, {
    recursive: true,
    withFileTypes: true,
  })
    .catch(() => []);
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) continue;
    if (
      /\.(tmp|incomplete|part|lock|part\.json)(\/|$)/.test(
        path.slice(folder.length),
      )
    ) {
      unfinished.push(path);
      continue;
    }
    const hash = createHash("sha256").update(await readFile(path));
    whole.set(path.slice(folder.length), hash.digest("hex"));
  }
  return { whole, unfinished };
}

type Hashes = ReadonlyMap<string, string>;

function isWhole(found: Hashes, wanted: Hashes): boolean {
  return found.size === wanted.size &&
    [...wanted].every(([path, hash]) => found.get(path) === hash);
}

/** What came of the kills of one command. */
async function test(name: string, verb: Verb): Promise<boolean> {
  const fresh = async () => {
    const folder = await mkdtemp(join(tmpdir(), `kill-${name}-`));
    await verb.prepare(folder);
    return folder;
  };
  const first = await fresh();
  const given = (await snapshot(join(first, verb.results))).whole.size;
  const { milliseconds } = await run(verb, first);
  const { whole: wanted } = await snapshot(join(first, verb.results));
  await rm(first, { recursive: true });

  const { milliseconds: startup } = await run(
    { ...verb, args: ["--help"] },
    tmpdir(),
  );
  const faults: string[] = [];
  let left = 0;
  let within = 0;
  for (let k = 0; k < kills; k++) {
    const folder = await fresh();
    const moment = startup + random(Math.ceil(milliseconds - startup));
    const { killed } = await run(verb, folder, moment);
    const between = await snapshot(join(folder, verb.results));
    for (const [path, hash] of between.whole) {
      if (wanted.get(path) === hash) continue;
      faults.push(`at ${moment} ms: ${path} is there and is not whole`);
    }
    const some = between.unfinished.length > 0 ||
      between.whole.size > given && between.whole.size < wanted.size;
    if (killed && some) within++;
    const isDone = isWhole(between.whole, wanted);
    if (!isDone || between.unfinished.length > 0) {
      await run(verb, folder).catch(({ message }) => {
        // what is done may refuse to be done again, but leaves nothing
        if (!isDone) faults.push(`at ${moment} ms: ${message.trim()}`);
      });
    }
    const end = await snapshot(join(folder, verb.results));
    left += end.unfinished.length;
    for (const path of end.unfinished) {
      faults.push(`at ${moment} ms: ${path} is left over`);
    }
    if (!isWhole(end.whole, wanted)) {
      const other = [...wanted].filter(([p, hash]) => end.whole.get(p) !== hash)
        .map(([path]) => path);
      faults.push(
        `at ${moment} ms: other bytes in the end: ${other.join(", ")}`,
      );
    }
    await rm(folder, { recursive: true });
  }
  for (const fault of faults) process.stderr.write(`${name} ${fault}\n`);
  const cells = [
    name,
    `${(milliseconds / 1000).toFixed(1)} s`,
    `${kills}`,
    `${within}`,
    `${kills - new Set(faults.map((f) => f.split(":")[0])).size}`,
    `${left}`,
  ];
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
  return faults.length === 0;
}

await using hub = await testHub({
  files: REPO,
  lfs: Object.keys(REPO).filter((path) => path.endsWith(".safetensors")),
  pace: 3000,
});
const all = verbs(hub.url);
process.stdout.write(
  "| command | uninterrupted | kills | with work half done | same bytes in the end | files left over |\n" +
    "| --- | --- | --- | --- | --- | --- |\n",
);
let sound = true;
for (const name of positionals.length > 0 ? positionals : Object.keys(all)) {
  sound = await test(name, all[name]!) && sound;
}
process.exitCode = sound ? 0 : 1;
