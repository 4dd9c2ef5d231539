import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderStore } from "../../packages/store/mod.ts";
import { Progress } from "../../packages/terminal/mod.ts";
import { type QueuedEdit, queueName, runQueuedEdit } from "./queued_edit.ts";

const sha256 = "0f".repeat(32);
const file = { sha256, extension: ".png" };
const edit: QueuedEdit = {
  kind: "edit",
  model: { sha256: "model", loras: [{ sha256: "lora", scale: 1 }] },
  inputs: { before: file, after: file, query: file },
  output: "a.png",
  names: {
    model: "embedded",
    loras: ["embedded"],
    before: "a.png",
    after: "b.png",
    query: "../../../etc/passwd", // a name for the record, never opened
  },
  settings: { seed: "18446744073709551615", steps: 4 },
};

const id = "315bb781-965f-889d-bca0-a48be50d68e0";

/** Runs a job in a folder, by a worker that must not come to open its model. */
async function refusal(
  data: unknown,
): Promise<{ error: Error; left: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), "queued-"));
  try {
    const error = await runQueuedEdit(
      data,
      { id, signal: new AbortController().signal },
      {
        named: { path: "m", loras: [{ path: "l", scale: 1 }] },
        hashes: { model: "model", loras: ["lora"] },
        defaults: { steps: 4, conditions: "joint", conditionSigma: 0 },
        open: () => assert.fail("Opened"),
        progress: new Progress({ quiet: true }),
        store: folderStore(join(folder, "store")),
        cache: join(folder, "cache"),
      },
    ).then(() => assert.fail("Ran"), (error) => error as Error);
    return { error, left: await readdir(folder) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test("a job cannot name files outside the store", async () => {
  const wrong = (change: object) => ({ ...edit, ...change });
  const named = (file: object) =>
    wrong({ inputs: { ...edit.inputs, query: file } });
  const jobs: [unknown, RegExp][] = [
    [
      named({ sha256: "../../../etc/passwd", extension: "" }),
      /fault at "inputs.query/,
    ],
    [named({ sha256, extension: "/../../x" }), /fault at "inputs.query/],
    [
      named({ sha256, extension: "", path: "/etc/passwd" }),
      /fault at "inputs.query"/,
    ],
    [wrong({ output: "../a.png" }), /fault at "output"/],
    [wrong({ output: "/tmp/a.png" }), /fault at "output"/],
    [wrong({ output: ".a" }), /fault at "output"/],
    [wrong({ settings: { output: "/tmp/a.png" } }), /fault at "settings"/],
    [wrong({ settings: { previewDir: "/tmp" } }), /fault at "settings"/],
    [
      wrong({ settings: { lora: ["/tmp/x.safetensors"] } }),
      /fault at "settings"/,
    ],
    [wrong({ kind: "shell" }), /fault at "kind"/],
    [null, /must be an edit of this version/],
  ];
  for (const [job, message] of jobs) {
    const { error, left } = await refusal(job);
    assert.match(error.message, message);
    assert.deepEqual(left, []);
  }
});

Deno.test("a job of another model, LoRA or scale is refused", async () => {
  const { model } = edit;
  const [lora] = model.loras;
  for (
    const other of [
      { ...model, sha256: "other" },
      { ...model, loras: [] },
      { ...model, loras: [{ ...lora!, scale: 0.5 }] },
    ]
  ) {
    assert.notEqual(queueName(other), queueName(model));
    const { error } = await refusal({ ...edit, model: other });
    assert.match(error.message, /it must be of the model of this worker/);
  }
});

Deno.test("an input that is not in the store may come", async () => {
  const { error } = await refusal(edit);
  assert.equal(error.name, "TransientError");
  assert.match(error.message, /^Cannot read inputs\/0f.*it must be there/);
});
