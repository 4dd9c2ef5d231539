import { openSafetensors } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  cp,
  readdir,
  readFile,
  rm,
  truncate,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { TestModel, writeRun } from "./_test_model.ts";
import { folder, out, run } from "./_test_run.ts";
import { listCheckpoints } from "../../packages/training/checkpoint.ts";

/** SHA-256 of every file below a folder that must be the same each time. */
async function hashes(path: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of (await readdir(path, { recursive: true })).sort()) {
    if (/log\.jsonl|run\.lock/.test(name)) continue;
    const bytes = await readFile(join(path, name)).catch(() => undefined);
    if (bytes === undefined) continue; // a folder
    found[name] = createHash("sha256").update(bytes).digest("hex");
  }
  return found;
}

Deno.test("a run writes checkpoints, LoRA, samples, log and curve; again the same bytes", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path, {
    save: "save_every: 4, max_step_saves_to_keep: 2, dtype: float16",
  });
  const { result } = await run({ config });
  assert.deepEqual(result, {
    step: 20,
    skipped: 0,
    lora: join(out(dir), "run_ema.safetensors"),
    template: "caption {edit}",
  });
  const first = await hashes(out(dir));
  assert.deepEqual(Object.keys(first), [
    ...[16, 20].flatMap((step) =>
      ["complete.json", "ema", "lora", "optimizer", "state.json"].map((name) =>
        `checkpoints/0000000${step}/${name}${
          name.includes(".") ? "" : ".safetensors"
        }`
      )
    ),
    "loss.png",
    "loss.svg",
    "run.safetensors",
    "run_ema.safetensors",
    "samples/000000010.png",
    "samples/000000020.png",
  ]);
  {
    await using lora = await openSafetensors(join(out(dir), "run.safetensors"));
    assert.deepEqual(
      Object.fromEntries(
        [
          "base_model",
          "base_model_hash",
          "guidance",
          "panel_mode",
          "panel_size",
          "rank",
          "step",
          "template",
        ].map((name) => [name, lora.metadata[name]]),
      ),
      {
        base_model: "none",
        base_model_hash: "0123456789abcdef",
        guidance: "1",
        panel_mode: "panel",
        panel_size: "8",
        rank: "2",
        step: "20",
        template: "caption {edit}",
      },
    );
    assert([...lora.names()].every((name) => lora.info(name).dtype === "F16"));
  }
  await rm(out(dir), { recursive: true });
  await run({ config });
  assert.deepEqual(await hashes(out(dir)), first);
});

Deno.test("straight, and in parts, gives the same bytes", async () => {
  await using dir = await folder();
  for (
    const train of [
      "",
      "gradient_accumulation_steps: 3",
      "lr_scheduler: cosine",
    ]
  ) {
    const config = await writeRun(dir.path, {
      train,
      save: "save_every: 1, max_step_saves_to_keep: 99",
    });
    await rm(out(dir), { recursive: true, force: true });
    await run({ config });
    const straight = await hashes(out(dir));
    for (const step of [1, 10, 17]) {
      const checkpoint = join(
        out(dir),
        "checkpoints",
        String(step).padStart(9, "0"),
      );
      const { result } = await run({ config, resume: checkpoint });
      assert.equal(result?.step, 20);
      assert.deepEqual(await hashes(out(dir)), straight, `${train} ${step}`);
    }
  }
});

Deno.test("augmented, with replay and a stop, straight and in parts gives the same bytes", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path, {
    save: "save_every: 1, max_step_saves_to_keep: 99",
  });
  const data = JSON.stringify(join(dir.path, "data"));
  const set = [
    "augment={ mirror: 0.5, crop: { probability: 0.5 }, exchange_rows: 0.5, exchange_roles: 0.2, pairings: 0.5, variants: 3 }",
    `replay={ folder_path: ${data}, share: 0.3 }`,
    "validation={ every: 2, count: 2 }",
    "stop={ patience: 3 }",
    "train.steps=60",
    "train.lr=0.3",
  ];
  const { result, notes } = await run({ config, set });
  const { step } = result!;
  assert.ok(step > 6 && step < 60, String(step));
  assert.match(
    notes,
    /ended, as the validation loss has been above .* 3 times/,
  );
  assert.equal(result!.lora, join(out(dir), "run_best.safetensors"));
  const straight = await hashes(out(dir));
  for (const from of [1, step - 3, step - 1]) {
    const checkpoint = join(
      out(dir),
      "checkpoints",
      String(from).padStart(9, "0"),
    );
    const again = await run({ config, set, resume: checkpoint });
    assert.deepEqual(again.result, result);
    assert.deepEqual(await hashes(out(dir)), straight);
  }
});

Deno.test("a run that goes on from an older checkpoint keeps the newest of its own", async () => {
  await using dir = await folder();
  const checkpoints = join(out(dir), "checkpoints");
  for (const keep of [1, 2, 3, 4, 99]) {
    await rm(out(dir), { recursive: true, force: true });
    const config = await writeRun(dir.path, {
      save: `save_every: 2, max_step_saves_to_keep: 9`,
    });
    await run({ config, set: ["train.steps=12"] });
    const controller = new AbortController();
    let seen = 0;
    const model = new TestModel({
      poison: () => {
        if (++seen === 3) controller.abort();
        return false;
      },
    });
    const { notes } = await run({
      config,
      resume: join(checkpoints, "000000004"),
      set: [`save.max_step_saves_to_keep=${keep}`],
    }, { model, signal: controller.signal });
    assert.match(
      notes,
      /so 000000006, 000000008, 000000010, 000000012 are removed when it is saved next\n/,
    );
    assert.deepEqual(
      await listCheckpoints(checkpoints),
      ["000000002", "000000004", "000000006", "000000007"].slice(-keep),
    );
    const next = await run({ config, resume: "latest" });
    assert.match(next.notes, /resuming from .*000000007\n/);
  }
});

Deno.test("a constant rate can be extended, a cosine cannot", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path);
  await run({ config });
  const straight = await hashes(out(dir));
  await rm(out(dir), { recursive: true });
  await run({ config, set: ["train.steps=12"] });
  await run({ config, resume: "latest" });
  const parts = await hashes(out(dir));
  for (const name of Object.keys(straight)) {
    if (/^checkpoints.*20|safetensors$/.test(name)) {
      assert.equal(parts[name], straight[name], name);
    }
  }
  await rm(out(dir), { recursive: true });
  const cosine = ["train.lr_scheduler=cosine"];
  await run({ config, set: [...cosine, "train.steps=12"] });
  await assert.rejects(
    run({ config, set: cosine, resume: "latest" }),
    /config train\.steps was 12 and is 20$/,
  );
});

Deno.test("a run that is interrupted saves, and goes on to the same bytes", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path);
  await run({ config });
  const straight = await hashes(out(dir));
  await rm(out(dir), { recursive: true });
  const controller = new AbortController();
  let seen = 0;
  const model = new TestModel({
    poison: () => {
      if (++seen === 7) controller.abort();
      return false;
    },
  });
  const { result } = await run({ config }, {
    model,
    signal: controller.signal,
  });
  assert.deepEqual(result, {
    step: 7,
    skipped: 0,
    lora: undefined,
    template: "caption {edit}",
  });
  assert.deepEqual(
    await listCheckpoints(join(out(dir), "checkpoints")),
    ["000000004", "000000007"],
  );
  await run({ config, resume: "latest" });
  await rm(join(out(dir), "checkpoints", "000000007"), { recursive: true });
  assert.deepEqual(await hashes(out(dir)), straight);
});

for (const moment of ["before", "in"] as const) {
  Deno.test(`interrupted ${moment} a validation, a run does it when it goes on`, async () => {
    await using dir = await folder();
    const config = await writeRun(dir.path);
    await run({ config });
    const straight = await hashes(out(dir));
    await rm(out(dir), { recursive: true });
    const controller = new AbortController();
    let judged = 0;
    const model = new TestModel({
      poison: (seen) => {
        if (moment === "before" && seen === 9) controller.abort();
        return false;
      },
      onLoss: () => {
        if (moment === "in" && ++judged === 4) controller.abort();
      },
    });
    const { result } = await run({ config }, {
      model,
      signal: controller.signal,
    });
    assert.deepEqual(result, {
      step: 10,
      skipped: 0,
      lora: undefined,
      template: "caption {edit}",
    });
    assert.deepEqual(
      await readdir(join(out(dir), "samples")).catch(() => []),
      [],
    );
    await run({ config, resume: "latest" });
    await rm(join(out(dir), "checkpoints", "000000010"), { recursive: true });
    assert.deepEqual(await hashes(out(dir)), straight);
    const log = await readFile(join(out(dir), "log.jsonl"), "utf8");
    assert.equal(log.match(/"event":"validation"/g)?.length, 2);
  });
}

Deno.test("gradients that are not finite are left out and counted", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path);
  const some = new TestModel({ poison: (seen) => seen % 3 === 1 });
  const { result } = await run({ config }, { model: some });
  assert.equal(result?.skipped, 7);
  const log = await readFile(join(out(dir), "log.jsonl"), "utf8");
  assert.equal(log.match(/"event":"skip"/g)?.length, 7);

  await rm(out(dir), { recursive: true });
  const all = new TestModel({ poison: (seen) => seen >= 6 });
  await assert.rejects(run({ config }, { model: all }), {
    message:
      `Cannot go on training as gradients must be finite: got 10 in a row that are not, the last at step 16; a lower learning rate may help; the last checkpoint is "${
        join(out(dir), "checkpoints", "000000012")
      }"`,
  });
});

Deno.test("a run of no finite gradient, or whose loss is not finite, is no success", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path);
  const set = ["train.steps=5"];
  const none = new TestModel({ poison: () => true });
  await assert.rejects(run({ config, set }, { model: none }), {
    message:
      `Cannot write the LoRA as a gradient must have been finite: got none in 5 steps; a lower learning rate may help; the last checkpoint is "${
        join(out(dir), "checkpoints", "000000005")
      }"`,
  });
  const names = await readdir(out(dir));
  assert.deepEqual(names.filter((name) => /safetensors$/.test(name)), []);

  await rm(out(dir), { recursive: true });
  const broken = new TestModel({ judge: () => NaN });
  await assert.rejects(
    run({ config, set }, { model: broken }),
    /^Error: Cannot go on training as the validation loss must be finite: got NaN at step 5; the last checkpoint is ".*000000005"$/,
  );
});

Deno.test("resuming without a checkpoint is refused", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path);
  await assert.rejects(run({ config, resume: "latest" }), {
    message: `Cannot resume in "${
      join(out(dir), "checkpoints")
    }" as there must be a whole checkpoint: got none; leave --resume out to begin`,
  });
});

Deno.test("captions that are equal when cut are refused before anything is encoded", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path);
  for (const i of [0, 1]) {
    const path = join(dir.path, "data", `000${i}.txt`);
    await writeFile(path, `a long caption ${i}`);
  }
  await assert.rejects(run({ config }), {
    message:
      'Cannot train as captions must differ in the 12 tokens that the model reads of them: got 5 captions of up to 16 tokens, which it reads as 4, equal those of 0000.png, 0001.png; shorten them to the words of the edit, and set caption_template: "{edit}"',
  });
});

Deno.test("data sets with templates of their own have them recorded, and told", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path);
  const other = join(dir.path, "other");
  await cp(join(dir.path, "data"), other, { recursive: true });
  const names = await readdir(other);
  for (const name of names.filter((name) => name.endsWith(".txt"))) {
    await writeFile(join(other, name), `it ${name.slice(3, 4)} now`);
  }
  for (const name of names.filter((name) => /^0004/.test(name))) {
    await rm(join(other, name)); // fewer tasks than the first
  }
  const folders = [
    `{folder_path: ${other}, caption_template: "it {edit} now"}`,
    `{folder_path: ${join(dir.path, "data")}}`,
  ];
  const { notes } = await run({
    config,
    set: ["train.steps=2", `datasets=[${folders.join(", ")}]`],
  });
  assert.match(
    notes,
    /note: captions have 2 templates, all of which the LoRA records; --edit fills that of most tasks: "caption \{edit\}", "it \{edit\} now"\n/,
  );
  await using lora = await openSafetensors(join(out(dir), "run.safetensors"));
  assert.equal(lora.metadata.template, "caption {edit}");
  assert.equal(
    lora.metadata.templates,
    '["caption {edit}","it {edit} now"]',
  );
});

Deno.test("a changed config, data set or base model is told on resume", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path);
  await run({ config, set: ["train.steps=8"] });
  const path = join(out(dir), "checkpoints", "000000008");
  const refused = async (
    rest: string,
    set: string[] = [],
    model = new TestModel(),
  ) => {
    const start = `Cannot resume from "${path}" as the run must be the same: `;
    await assert.rejects(run({ config, set, resume: "latest" }, { model }), {
      message: start + rest,
    });
  };
  await refused(
    "config train.lr was 0.01 and is 0.02; config train.seed was 42 and is 7",
    ["train.lr=0.02", "train.seed=7"],
  );
  await refused(
    "the base model had the hash 0123456789ab and has fedcba987654",
    [],
    new TestModel({ hash: "fedcba9876543210" }),
  );
  await writeFile(join(dir.path, "data", "0002.txt"), "another caption");
  await refused("of the data set's 5 tasks, pictures or captions changed");
  await rm(join(dir.path, "data", "0002.txt"));
  await rm(join(dir.path, "data", "0002.png"));
  await refused("the data set had 5 tasks and has 4");
  // what does not change the weights may change
  await writeRun(dir.path, { save: "save_every: 3" });
  await run({
    config,
    resume: "latest",
    set: ["sample.count=0", "sample.sample_every=3"],
  });
});

Deno.test("a folder with checkpoints is not begun anew", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path);
  await run({ config });
  await assert.rejects(run({ config }), {
    message: `Cannot begin a run in "${
      out(dir)
    }" as it must hold no checkpoint: got one of step 20; add --resume to go on, or name another folder`,
  });
  const { result } = await run({ config, resume: "latest" });
  assert.equal(result?.step, 20);
});

Deno.test("a damaged checkpoint is passed over by latest, refused by path", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path);
  await run({ config });
  const straight = await hashes(out(dir));
  const last = join(out(dir), "checkpoints", "000000020");
  await truncate(join(last, "optimizer.safetensors"), 100);
  await assert.rejects(
    run({ config, resume: last }),
    /as it must be whole: optimizer\.safetensors has 100 of \d+ bytes$/,
  );
  const { notes } = await run({ config, resume: "latest" });
  assert.match(notes, /000000020" as it must be whole.*; passed over\n/);
  assert.match(notes, /resuming from .*000000016\n/);
  assert.deepEqual(await hashes(out(dir)), straight);
});

Deno.test("a folder that cannot be written ends the run with the last checkpoint intact", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path);
  let seen = 0;
  const blocked = join(out(dir), "checkpoints", ".writing-000000012");
  const model = new TestModel({
    poison: () => {
      // a file that cannot be removed as a folder would be: its parent is gone
      if (++seen === 10) {
        Deno.renameSync(
          join(out(dir), "checkpoints"),
          `${blocked.slice(0, -19)}-gone`,
        );
      }
      if (seen === 11) {
        Deno.writeTextFileSync(join(out(dir), "checkpoints"), "");
      }
      return false;
    },
  });
  await assert.rejects(run({ config }, { model }));
  await rm(join(out(dir), "checkpoints"));
  const gone = (await readdir(out(dir))).find((name) =>
    name.endsWith("-gone")
  )!;
  await cp(join(out(dir), gone), join(out(dir), "checkpoints"), {
    recursive: true,
  });
  const { notes } = await run({ config, resume: "latest" });
  assert.match(notes, /resuming from .*000000008\n/);
});
