import { ConfigError } from "@edit-transfer/training";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { parseConfig } from "./parse_config.ts";
import { resolveConfig } from "./resolve_config.ts";

const REFERENCE = new URL("../../configs/reference.yaml", import.meta.url);
const OURS = new URL("../../configs/edit_transfer.yaml", import.meta.url);

const SMALL = `
config:
  name: small
  process:
    - type: sd_trainer
      training_folder: out
      network: { linear: 4 }
      datasets: [{ folder_path: data }]
      train: { steps: 10, lr: 1e-4 }
      model: { name_or_path: model }
`;

function resolve(text: string, set: readonly string[] = []) {
  return resolveConfig(parseConfig(text, { path: "a.yaml", set }));
}

function assertRefused(
  text: string,
  message: string,
  set: readonly string[] = [],
) {
  assert.throws(() => resolve(text, set), (error) => {
    assert(error instanceof ConfigError);
    assert.equal(error.message, message);
    return true;
  });
}

Deno.test("the reference's config is accepted as it stands", async () => {
  const { config, notices } = resolve(await readFile(REFERENCE, "utf8"));
  assert.equal(config.folder, "models/edit_transfer");
  assert.deepEqual(config.network, {
    rank: 16,
    alpha: 16,
    only: [],
    ignore: [],
    pretrained: undefined,
  });
  assert.deepEqual(config.save, { dtype: "F16", every: 500, keep: 10 });
  assert.equal(config.panelSize, 512);
  assert.equal(config.data[0]?.captionDropout, 0.05);
  const { batchSize, steps, lr, ema, guidance, timesteps, maxGradNorm } =
    config.train;
  assert.deepEqual(
    { batchSize, steps, lr, ema, guidance, timesteps, maxGradNorm },
    {
      batchSize: 4,
      steps: 6000,
      lr: 1e-4,
      ema: 0.99,
      guidance: 1,
      timesteps: "sigmoid",
      maxGradNorm: 1,
    },
  );
  assert.deepEqual(notices, [
    "device cuda:0: the device is chosen automatically",
    "train.optimizer adamw8bit: AdamW with f32 state",
    "train.dtype bf16: training computes in f32",
    "model.quantize: the base model is used as it is stored; convert --quantize 8 makes one in blocks",
    "sample.width, sample.height: samples have the size of the training panels",
    "performance_log_every: every step's time is in the log",
  ]);
  assert.deepEqual(config.sample.images, ["example_img_path"]);
  assert.deepEqual(config.sample.prompts, [""]);
});

Deno.test("our own config needs no notice", async () => {
  const { config, notices } = resolve(await readFile(OURS, "utf8"));
  assert.deepEqual(notices, []);
  assert.equal(config.panelSize, 64);
  assert.equal(config.data[0]?.figures?.identities, 4);
  const { hold, least, mean, deviation, shift, ema, emaByUpdates } =
    config.train;
  assert.deepEqual([hold, least], [0.3, 3e-5]);
  assert.deepEqual([mean, deviation, shift], [3, 2, 3]);
  assert.deepEqual([ema, emaByUpdates], [0.995, true]);
});

Deno.test("JSON is accepted too, and values can be set", () => {
  const json = JSON.stringify(parseConfig(SMALL, { path: "a.yaml" }));
  assert.deepEqual(resolve(json), resolve(SMALL));
  const { config } = resolve(SMALL, [
    "train.steps=100",
    "name=other",
    "config.process.0.train.lr=2e-3",
    "network.network_kwargs.only_if_contains=[attn, ff]",
  ]);
  assert.equal(config.train.steps, 100);
  assert.equal(config.name, "other");
  assert.equal(config.train.lr, 2e-3);
  assert.deepEqual(config.network.only, ["attn", "ff"]);
});

Deno.test("an unknown key names the nearest", () => {
  const fault = (text: string) => `Cannot use config "a.yaml" as ${text}`;
  assertRefused(
    SMALL.replace("steps: 10", "stepz: 10, steps: 10"),
    fault('"train.stepz" is not a key: did you mean "steps"?'),
  );
  assertRefused(
    SMALL,
    fault('"train.batchsize" is not a key: did you mean "batch_size"?'),
    ["train.batchsize=3"],
  );
  assertRefused(
    SMALL.replace("type: sd_trainer", "typ: sd_trainer"),
    fault('"typ" is not a key: did you mean "type"?'),
  );
  assertRefused(
    SMALL.replace("network: { linear: 4 }", "device: cpu"),
    fault("network must be an object: got nothing"),
  );
  assertRefused(
    "train: { steps: 10 }",
    fault('"train" is not a key: "train" stands in config.process[0]'),
  );
  assertRefused(
    `${SMALL}metta: {}\n`,
    fault('"metta" is not a key: did you mean "meta"?'),
  );
  assertRefused(
    SMALL.replace("folder_path: data", "folder_path: data, caption_extt: t"),
    fault(
      '"datasets.0.caption_extt" is not a key: did you mean "caption_ext"?',
    ),
  );
});

Deno.test("a value of the wrong type or size is told with its path", () => {
  const cases: [set: string, rule: string][] = [
    [
      "train.steps=many",
      'train.steps must be an integer from 1 to 10000000: got "many"',
    ],
    [
      "train.steps=1.5",
      "train.steps must be an integer from 1 to 10000000: got 1.5",
    ],
    [
      "network.linear=0",
      "network.linear must be an integer from 1 to 4096: got 0",
    ],
    ["train.lr=-1", "train.lr must be a number above 0, at most 100: got -1"],
    [
      "train.ema_config.ema_decay=2",
      "train.ema_config.ema_decay must be a number from 0 to below 1: got 2",
    ],
    [
      "train.ema_config.ema_decay=1",
      "train.ema_config.ema_decay must be a number from 0 to below 1: got 1",
    ],
    [
      "train.optimizer_params.betas=[0.9, 1]",
      "train.optimizer_params.betas.1 must be a number from 0 to below 1: got 1",
    ],
    [
      "train.optimizer=lion",
      'train.optimizer must be "adamw" or "adamw8bit": got "lion"',
    ],
    [
      "train.train_text_encoder=true",
      "train.train_text_encoder must be false: got true",
    ],
    ["model.is_flux=false", "model.is_flux must be true: got false"],
    [
      "name=a/b",
      'config.name must be of letters a to z, digits, "_", "-" and ".", not of dots alone: got "a/b"',
    ],
    ["datasets=[]", "datasets must have a length from 1 to 10000: got []"],
    ["datasets=3", "datasets must be an array: got 3"],
    [
      "train.batch_size=1000000000",
      "train.batch_size must be an integer from 1 to 4096: got 1000000000",
    ],
    [
      "validation={figures: {count: 2000000}}",
      "validation.figures.count must be an integer from 1 to 1000000: got 2000000",
    ],
    [
      "datasets=[{folder_path: a, resolution: 100000}]",
      "datasets.0.resolution must be an integer from 2 to 8192: got 100000",
    ],
  ];
  for (const [set, rule] of cases) {
    assertRefused(SMALL, `Cannot use config "a.yaml" as ${rule}`, [set]);
  }
});

Deno.test("all faults are told at once", () => {
  assertRefused(
    SMALL,
    'Cannot use config "a.yaml" as "network.liner" is not a key: did you mean "linear"?; "train.stepz" is not a key: did you mean "steps"?',
    ["train={steps: 1, lr: 1, stepz: 2}", "network={linear: 4, liner: 3}"],
  );
  assertRefused(
    SMALL,
    'Cannot use config "a.yaml" as network.linear must be an integer from 1 to 4096: got 0; train.lr must be a number above 0, at most 100: got -1',
    ["train.lr=-1", "network.linear=0"],
  );
});

Deno.test("what does not fit together is refused", () => {
  assertRefused(
    SMALL,
    'Cannot use config "a.yaml" as datasets.0 must have either folder_path or figures: got neither',
    ["datasets=[{}]"],
  );
  assertRefused(
    SMALL,
    'Cannot use config "a.yaml" as resolution must be one even number for all data sets: got 64 and 128',
    ["datasets=[{folder_path: a, resolution: 64}, {folder_path: b, resolution: 128}]"],
  );
  assertRefused(
    SMALL,
    'Cannot use config "a.yaml" as device must be "auto", "cpu" or "webgpu": got "tpu"',
    ["device=tpu"],
  );
  assertRefused(
    SMALL,
    'Cannot use config "a.yaml" as datasets.0.caption_template must have a place {edit} for the words: got "a person"',
    ["datasets=[{folder_path: a, caption_template: a person}]"],
  );
});

Deno.test("all that is wrong is told at once, with its rule, and nothing far-fetched", () => {
  assertRefused(
    SMALL,
    'Cannot use config "a.yaml" as config.name must be of letters a to z, digits, "_", "-" and ".", not of dots alone: got "my run"; "network.linea" is not a key: did you mean "linear"?; train.steps must be an integer from 1 to 10000000: got 0; "train.unet_lr" is not a key; device must be "auto", "cpu" or "webgpu": got "tpu"; datasets.0 must have either folder_path or figures: got both',
    [
      "name=my run",
      "network={linea: 2}",
      "train={steps: 0, lr: 1, unet_lr: 1}",
      "device=tpu",
      "datasets=[{folder_path: a, figures: {count: 3}}]",
    ],
  );
});

Deno.test("samples of pictures of one's own need a caption each, or one for all", () => {
  const samplesOf = (...set: string[]) => resolve(SMALL, set).config.sample;
  const one = samplesOf("sample.image=a.png", "sample.prompts=[x, y]");
  assert.deepEqual([one.images, one.prompts], [["a.png"], ["x", "y"]]);
  const pair = "{before: b.png, after: a.png, query: q.png}";
  assert.deepEqual(samplesOf(`sample.image=[g.png, ${pair}]`).images, [
    "g.png",
    { before: "b.png", after: "a.png", query: "q.png" },
  ]);
  assertRefused(
    SMALL,
    'Cannot use config "a.yaml" as sample.prompts must be one for each of sample.image, or one of the two a single one: got 3 prompts and 2 images',
    ["sample.image=[a, b]", "sample.prompts=[x, y, z]"],
  );
  assertRefused(
    SMALL,
    'Cannot use config "a.yaml" as sample.image must be a path, { before, after, query }, or a list of them: got {"before":"b"}',
    ["sample.image={before: b}"],
  );
});

Deno.test("files that are no config are refused", () => {
  assert.throws(
    () => resolve("a: [1,"),
    /^ConfigError: Cannot read config "a\.yaml" as it must be YAML or JSON: /,
  );
  assert.throws(() => resolve("a: 1\na: 2"), /Map keys must be unique/);
  assertRefused(
    "",
    'Cannot use config "a.yaml" as it must be an object: got null',
  );
  assertRefused(
    "3",
    'Cannot use config "a.yaml" as it must be an object: got 3',
    ["train.steps=1"],
  );
  assertRefused(
    SMALL,
    'Cannot set a value as it must be given like train.steps=100: got "steps"',
    ["steps"],
  );
});
