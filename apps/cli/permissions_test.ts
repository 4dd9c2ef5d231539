import assert from "node:assert/strict";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testHub } from "../../packages/hub/_test_hub_server.ts";
import { says, testJudge } from "../../packages/judge/_test_judge_server.ts";
import {
  named,
  type TestServer,
  testServer,
} from "../../packages/queue/_test_postgres.ts";
import { savedAnswers, studyOf } from "../../packages/study/_test_study.ts";
import { editArgs, fixture, inFolder, runCli } from "./_run_cli.ts";

const TRAIN = new URL("../train/main.ts", import.meta.url).pathname;
const LORA = new URL(
  "../../models/micro/lora/edit_transfer.safetensors",
  import.meta.url,
).pathname;
const MODEL = new URL("../../models/micro", import.meta.url).pathname;
const demo = (name: string) => fixture(`demo/0000/${name}.png`);
const short = ["--device", "cpu", "--steps", "1"];

/** Arguments that put a job in a queue. */
const putJob = (queue: string) => [
  ...["batch", "--example", demo("source"), demo("edited")],
  ...["--query", "queries", ...short, "-o", "out/b"],
  ...["--queue", queue, "--detach"],
];

/**
 * Arguments of a short run of each program that the page names, in a folder, with
 * the address of its judge or queue.
 */
const RUNS: Readonly<
  Record<string, (cwd: string, url: string) => readonly string[]>
> = {
  "batch --queue": (_, queue) => putJob(queue),
  "worker": (_, queue) => [
    ...["worker", "--queue", queue, "--device", "cpu"],
    ...["--until-empty", "--cache", "out/cache"],
  ],
  "queue": (_, queue) => ["queue", "status", "--queue", queue],
  "edit": () => editArgs("-o", "out/a.png", "--save-grid"),
  "generate": () => [
    "generate",
    "--prompt",
    "a person",
    "--size",
    "64",
    ...short,
    "-o",
    "out/a.png",
  ],
  "batch": () => [
    "batch",
    "--example",
    demo("source"),
    demo("edited"),
    "--query",
    "queries",
    ...short,
    "-o",
    "out/b",
  ],
  "evaluate": () => [
    "evaluate",
    "--count",
    "1",
    "--conditions",
    "right",
    ...short,
    "-o",
    "out/e",
  ],
  "judge": (_cwd, judge) => [
    "judge",
    ...["--cases", fixture("demo"), "--method", "a=outputs", "-o", "out/j"],
    ...["--judge", judge, "--judge-model", "m", "--protocol", "vie"],
  ],
  "study make": () => [
    ...["study", "make", "--cases", fixture("demo"), "--tasks", "1"],
    ...["--method", "a=outputs", "b=outputs", "-o", "out/s"],
  ],
  "completion": () => ["completion", "bash"],
  "study tally": () => ["study", "tally", "study.json", "answers.json"],
  "figures": () => ["figures", "--count", "1", "-o", "out/f"],
  "convert": () => ["convert", MODEL, "--quantize", "8", "-o", "out/m"],
  "lora merge": () => ["lora", "merge", "--lora", LORA, "-o", "out/m"],
  "lora convert":
    () => ["lora", "convert", LORA, "--to", "kohya", "-o", "out/l.safetensors"],
  "lora inspect": () => ["lora", "inspect", LORA, "--model", MODEL],
  "info": () => ["info", "made.png"],
  "doctor": () => ["doctor", "--json"],
  "pull": () => ["pull", "owner/model"],
  "train": (cwd) => ["--config", join(cwd, "train.json")],
  "train --dry-run": (
    cwd,
  ) => ["--config", join(cwd, "train.json"), "--dry-run"],
};

const CONFIG = {
  job: "extension",
  config: {
    name: "run",
    process: [{
      type: "sd_trainer_inpaint",
      training_folder: "out",
      device: "cpu",
      network: { linear: 2 },
      datasets: [{ figures: { count: 1, seed: 1 }, resolution: [64] }],
      train: { steps: 1, batch_size: 1, lr: 1e-3 },
      model: { name_or_path: "@edit-transfer/micro" },
    }],
  },
};

const PAGE = new URL("../../docs/security.md", import.meta.url);
const text = await readFile(PAGE, "utf8");

/** Permissions by program, from the table of the page. */
function permissionsOnPage(): Map<string, string[]> {
  const rows = text
    .matchAll(/^\| (`[a-z].*?) +\| `(--allow.*?)` +\|/gm);
  const all = new Map<string, string[]>();
  for (const [, names, flags] of rows) {
    for (const [, name] of names!.matchAll(/`(.*?)`/g)) {
      all.set(name!, flags!.split(" "));
    }
  }
  return all;
}

const page = permissionsOnPage();

Deno.test("the page has the permissions of every verb", async () => {
  assert.deepEqual([...page.keys()].sort(), Object.keys(RUNS).sort());
  const files = await Array.fromAsync(
    Deno.readDir(new URL("commands", import.meta.url)),
    ({ name }) => name,
  );
  const verbs = files.filter((name) => !name.endsWith("_test.ts"))
    .map((name) => name.replace(".ts", "").replace("_", " "));
  for (const verb of verbs) {
    assert.ok(page.has(verb) || ["lora", "study"].includes(verb), verb);
  }
});

Deno.test("the tests that the page names are there", async () => {
  const links = [...text.matchAll(/\]\((.*?)\)/g)].map(([, link]) => link!);
  assert.ok(links.length > 20);
  for (const link of links) await readFile(new URL(link, PAGE));
});

const STUDY = studyOf(1, ["a", "b"], { tasks: 1 });
const QUEUED = ["batch --queue", "worker", "queue"];
const ONLINE = ["pull", "judge", ...QUEUED];

/** The server that the programs of a queue share. */
let server: Promise<TestServer> | undefined;
Deno.test.afterAll(async () => {
  await (await server)?.[Symbol.asyncDispose]();
});

for (const [name, flags] of page) {
  const alone = ONLINE.includes(name) ? "" : ", none of the network,";
  const title =
    `${name} runs with the permissions of the page${alone} and needs each`;
  const queued = QUEUED.includes(name);
  Deno.test(
    queued ? named(title) : { name: title },
    () =>
      inFolder(async (root) => {
        await using hub = await testHub({
          files: { "a.json": Uint8Array.of(123, 125) },
          lfs: [],
        });
        await using judge = await testJudge(says('{"score": [9, 4]}'));
        const host = new URL(name === "judge" ? judge.url : hub.url).host;
        const queue = queued ? await (server ??= testServer()) : undefined;
        const url = queue?.url ?? judge.url;
        const made = join(root, "made.png");
        if (name === "info") await runCli(editArgs("-o", made), { cwd: root });
        const run = async (flags: readonly string[], i: number) => {
          const cwd = join(root, String(i));
          for (const folder of ["out", "queries", "outputs"]) {
            await mkdir(join(cwd, folder), { recursive: true });
          }
          await copyFile(demo("query"), join(cwd, "queries/query.png"));
          await copyFile(demo("query"), join(cwd, "outputs/0000.png"));
          await writeFile(join(cwd, "train.json"), JSON.stringify(CONFIG));
          await writeFile(join(cwd, "study.json"), JSON.stringify(STUDY));
          await writeFile(
            join(cwd, "answers.json"),
            savedAnswers(STUDY, "p", "a"),
          );
          if (name === "info") await copyFile(made, join(cwd, "made.png"));
          const permissions = flags.map((flag) =>
            flag.replace("OUT", join(cwd, "out"))
              .replace("HOST", host)
              .replace("QUEUE", `127.0.0.1:${queue?.port}`)
          );
          if (name === "worker" && i === 0) await runCli(putJob(url), { cwd });
          const { code, stderr } = await runCli(RUNS[name]!(cwd, url), {
            cwd,
            permissions,
            program: name.startsWith("train") ? TRAIN : undefined,
            env: {
              HF_ENDPOINT: hub.url,
              HF_HOME: join(cwd, "out"),
              HF_HUB_CACHE: join(cwd, "out"),
              HF_TOKEN: "",
            },
          });
          return { code, stderr };
        };
        const { code, stderr } = await run(flags, 0);
        assert.equal(code, 0, stderr);
        const network = flags.some((flag) => flag.startsWith("--allow-net"));
        assert.equal(network, ONLINE.includes(name));
        const fewer = flags.map((flag, i) =>
          run(flags.filter((other) => other !== flag), i + 1)
        );
        for (const [i, { code }] of (await Promise.all(fewer)).entries()) {
          assert.notEqual(code, 0, `${name} does not need ${flags[i]}`);
        }
      }),
  );
}
