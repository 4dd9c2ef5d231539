import { readLora } from "@edit-transfer/lora";
import { openTrainModel } from "@edit-transfer/training";
import { loadPipeline } from "@edit-transfer/pipeline";
import { openDevice } from "@edit-transfer/tensor";
import { openSafetensors } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listCheckpoints } from "../../packages/training/checkpoint.ts";
import { parseConfig } from "./parse_config.ts";
import { resolveConfig } from "./resolve_config.ts";

const MAIN = new URL("./main.ts", import.meta.url).pathname;

/** A config that trains the embedded model on figures for 20 small steps. */
function configText(folder: string): string {
  return JSON.stringify({
    config: {
      name: "run",
      process: [{
        type: "sd_trainer_inpaint",
        training_folder: folder,
        device: "cpu",
        network: { linear: 2, network_kwargs: { only_if_contains: ["attn"] } },
        save: { save_every: 5 },
        datasets: [{
          figures: { count: 1, seed: 1, identities: 3 },
          caption_template: "four panels: plain, {edit}, plain, {edit}",
          caption_dropout_rate: 0.3,
          resolution: [32],
        }],
        train: { steps: 20, lr: 1e-3, batch_size: 2 },
        model: { name_or_path: "models/micro" },
        sample: { sample_every: 20, count: 1, sample_steps: 2 },
        validation: { every: 20, count: 1, sigmas: [0.5] },
      }],
    },
  });
}

async function folder() {
  const path = await mkdtemp(join(tmpdir(), "model-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

function start(config: string, ...args: string[]) {
  const child = spawn(
    Deno.execPath(),
    ["run", "-A", "--no-check", MAIN, "--config", config, ...args],
  );
  let errors = "";
  let output = "";
  child.stderr.on("data", (chunk) => errors += chunk);
  child.stdout.on("data", (chunk) => output += chunk);
  const ended = new Promise<
    { code: number | null; errors: string; output: string }
  >(
    (resolve) => child.on("close", (code) => resolve({ code, errors, output })),
  );
  return { child, ended };
}

/** Everything but the log of a finished run, in base 64. */
async function results(run: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await readdir(run, { recursive: true })) {
    if (!/\.(safetensors|png|svg)$|state\.json$/.test(name)) continue;
    found[name] = await readFile(join(run, name), "base64");
  }
  return found;
}

Deno.test("the embedded model: 20 steps, or 10, a kill and 10 more, give the same bytes", async () => {
  await using dir = await folder();
  const config = join(dir.path, "config.json");
  const run = join(dir.path, "run");
  await writeFile(config, configText(dir.path));
  const straight = await start(config).ended;
  assert.equal(straight.code, 0, straight.errors);
  const written = join(run, "run_ema.safetensors");
  assert.equal(
    straight.output,
    `wrote ${written}, for captions "four panels: plain, {edit}, plain, {edit}"\n` +
      `edit-transfer edit --model models/micro --lora ${written} --example BEFORE AFTER --query PICTURE --edit WORDS -o OUT.png\n`,
  );
  const expected = await results(run);

  await rm(run, { recursive: true });
  const { child, ended } = start(config);
  while (child.exitCode === null) {
    if ((await listCheckpoints(join(run, "checkpoints"))).length === 2) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  child.kill("SIGKILL");
  await ended;
  const resumed = await start(config, "--resume").ended;
  assert.equal(resumed.code, 0, resumed.errors);
  assert.match(resumed.errors, /resuming from .*0000000(10|15)\n/);
  assert.deepEqual(await results(run), expected);

  // its LoRA works in an edit
  const path = join(run, "run.safetensors");
  await using file = await openSafetensors(path);
  const lora = await readLora(file);
  assert.equal(lora.template, "four panels: plain, {edit}, plain, {edit}");
  assert.deepEqual([lora.rank, lora.panelSize, lora.guidance], [2, 16, 1]);
  for (const update of lora.layers.values()) {
    assert(update.kind === "lowRank");
    assert(update.B.data.every((x) => x !== 0));
  }
  using device = await openDevice("cpu", { threads: 1 });
  {
    await using pipeline = await loadPipeline("models/micro", {
      device,
      loras: [{ path }],
    });
    const linears = (await pipeline.transformer()).linears();
    const branches = [...linears.values()].filter((one) =>
      one.branches.length > 0
    );
    assert.equal(branches.length, lora.layers.size);
  }
});

Deno.test("a dry run of the embedded model counts what is trained", async () => {
  await using dir = await folder();
  const config = join(dir.path, "config.json");
  await writeFile(config, configText(dir.path));
  const { code, output, errors } = await start(config, "--dry-run").ended;
  assert.equal(code, 0, errors);
  const text = JSON.stringify(JSON.parse(configText(dir.path)));
  const { config: resolved } = resolveConfig(
    parseConfig(text, { path: config }),
  );
  await using model = await openTrainModel(resolved);
  // encodings of another device are not these
  for (const identity of ["latentModel", "textModel"] as const) {
    assert.match(model.encoder[identity], /^[0-9a-f]{64} cpu f32$/);
  }
  await using trainer = await model.trainer();
  const trained = trainer.parameters.reduce(
    (sum, { shape: [a, b] }) => sum + a * b,
    0,
  );
  assert.match(
    output,
    new RegExp(
      `${trainer.parameters.length / 2} layers, rank 2: ${
        trained.toLocaleString("en")
      } parameters`,
    ),
  );
  assert.match(
    output,
    /data {4}6 tasks of 4 × 16 × 16 pixels, 3 batches of 2 an epoch\n/,
  );
  assert.deepEqual(await readdir(dir.path), ["config.json"]);
});

Deno.test("a base model that is not FLUX-shaped is refused", async () => {
  await using dir = await folder();
  const config = join(dir.path, "config.json");
  await writeFile(config, configText(dir.path));
  const none = await start(config, "--set", "model.name_or_path=none").ended;
  assert.equal(none.code, 1);
  assert.match(none.errors, /^error: .*"none.*\n$/m);
  const rank = await start(config, "--set", "network.linear=4000").ended;
  assert.equal(rank.code, 1);
  assert.match(
    rank.errors,
    /error: Cannot train LoRA as its rank must be at most the smaller width of ".*", \d+: got 4000\n$/,
  );
});

Deno.test("a size far above the model's is refused before the data is looked at", async () => {
  const set = ["datasets.0.resolution=1024"];
  const file = parseConfig(configText("out"), { path: "a.json", set });
  await assert.rejects(openTrainModel(resolveConfig(file).config), {
    name: "ConfigError",
    message:
      "Cannot use config as resolution must be at most 256 for a model made for composites of up to 128 pixels a side: got 1024; leave resolution out for its own",
  });
});
