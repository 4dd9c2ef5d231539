import { latentNoise } from "@edit-transfer/flow";
import { decodeImage, type Image } from "@edit-transfer/image";
import {
  edit,
  generate,
  loadPipeline,
  type LoraChoice,
  type PreparedEdit,
  prepareEdit,
} from "@edit-transfer/pipeline";
import { openDevice } from "@edit-transfer/tensor";
import {
  assertRelative,
  nameRunningTest,
  readGolden,
  relativeError,
} from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { NO_ADAPTER, testAdapter } from "../tensor/_test_adapter.ts";

const fixture = (path: string) =>
  fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));
const picture = (name: string) => decodeImage(fixture(`demo/0000/${name}.png`));
const OWN = [{
  path: fixture("../models/micro/lora/edit_transfer.safetensors"),
}];
const cases = await Deno.readTextFile(fixture("demo/cases.jsonl"));
const { edit: words } = JSON.parse(cases.split("\n")[0]!) as { edit: string };

/** Tokens of the panel that was drawn, of tokens [8 × 8, 64] of all four. */
function fourthPanel(tokens: Float32Array): Float32Array {
  return tokens.filter((_, i) => {
    const token = Math.floor(i / 64);
    return token % 8 >= 4 && Math.floor(token / 8) >= 4;
  });
}

/** Registers a test of the golden's edit of the embedded model on each device. */
function editTest(
  name: string,
  loras: readonly LoraChoice[],
  body: (prepared: PreparedEdit) => Promise<void>,
): void {
  for (const kind of ["cpu", "webgpu"] as const) {
    const missing = kind === "webgpu" && testAdapter === undefined;
    Deno.test({
      name: `${name} [${kind}]${missing ? NO_ADAPTER : ""}`,
      ignore: missing,
      async fn() {
        nameRunningTest(`${name} [${kind}]`);
        using device = await openDevice(kind);
        {
          await using pipeline = await loadPipeline(
            fixture("../models/micro"),
            {
              device,
              loras,
            },
          );
          using prepared = await prepareEdit(pipeline, {
            before: await picture("source"),
            after: await picture("edited"),
            query: await picture("query"),
            ...loras.length > 0
              ? { edit: words }
              : { prompt: readGolden("edit/base").metadata.prompt! },
          });
          await body(prepared);
        }
        assert.equal(device.memory.tensors, 0);
      },
    });
  }
}

editTest(
  "edit() agrees with diffusers, stage by stage",
  OWN,
  async (prepared) => {
    const { arrays, metadata } = readGolden("edit/edit_42");
    assert.equal(prepared.prompt, metadata.prompt);
    assertRelative(await prepared.text.pooled.data(), arrays.pooled!, 1e-5);
    assertRelative(await prepared.text.states.data(), arrays.text!, 1e-5);
    const noise = latentNoise(42, [16, 16, 16]);
    assertRelative(noise, arrays.noise!, 1e-6);
    const { latents } = prepared.layout.compose(prepared.latents, { noise });
    assertRelative(latents, arrays.initial!, 1e-5);

    const { image } = await prepared.run({
      seed: 42,
      steps: 35,
      async onStep({ step, latents }) {
        if (step === 1) {
          assertRelative(await latents(), arrays.after_one!, 1e-5);
        } else if (step === 35) {
          const x = await latents();
          assertRelative(x, arrays.after_all!, 1e-3);
          assertRelative(fourthPanel(x), fourthPanel(arrays.after_all!), 1e-3);
        }
      },
    });
    assert.deepEqual([image.width, image.height], [64, 64]);
    const levels = arrays.picture!; // [3, 64, 64]
    for (let i = 0; i < image.data.length; i++) {
      const expected = levels[(i % 3) * 4096 + Math.floor(i / 3)]!;
      assert.ok(Math.abs(image.data[i]! - expected) <= 1);
    }
  },
);

editTest(
  "edit() without a LoRA agrees with diffusers",
  [],
  async (prepared) => {
    const { arrays } = readGolden("edit/base");
    const enough = new Error("Enough");
    const run = prepared.run({
      seed: 1,
      steps: 35,
      async onStep({ latents }) {
        assertRelative(await latents(), arrays.after_one!, 1e-5);
        throw enough; // frees what the run holds
      },
    });
    await assert.rejects(run, enough);
  },
);

editTest(
  "edit() stops at the next step when it is aborted",
  OWN,
  async (prepared) => {
    const controller = new AbortController();
    let done = 0;
    const run = prepared.run({
      seed: 1,
      steps: 9,
      signal: controller.signal,
      onStep({ step }) {
        done = step;
        controller.abort(new DOMException("Interrupted", "AbortError"));
      },
    });
    await assert.rejects(run, { name: "AbortError" });
    assert.equal(done, 1);
  },
);

editTest(
  "edit() previews the picture that it expects at the end",
  OWN,
  async (prepared) => {
    const previews: Image[] = [];
    const { image } = await prepared.run({
      seed: 3,
      steps: 2,
      onStep: async ({ preview }) => previews.push(await preview()),
    });
    assert.equal(previews[0]!.width, 64);
    assert.deepEqual(previews[1], image); // at sigma 0 it is the result
  },
);

editTest(
  "edit() of strength 0 leaves the query, and of 1 is the edit itself",
  OWN,
  async (prepared) => {
    const run = (strength?: number) =>
      prepared.run({ seed: 3, steps: 2, strength });
    const edited = await run();
    assert.deepEqual((await run(1)).latents, edited.latents);
    const query = prepared.latents[2];
    const change = async (strength: number) =>
      relativeError((await run(strength)).latents, query);
    const [none, half] = [await change(0), await change(0.5)];
    assert.ok(none < half / 2, `${none} and ${half}`);
    assert.ok(half < relativeError(edited.latents, query));
    await assert.rejects(run(2.5), { name: "RangeError" });
  },
);

editTest(
  "edit() that is locked gives unchanged pixels back, and says how far it lies",
  OWN,
  async (prepared) => {
    const options = { seed: 3, steps: 2 };
    const free = await prepared.run(options);
    const locked = await prepared.run({ ...options, lock: true });
    assert.deepEqual(locked.latents, free.latents);
    assert.equal(free.shift, undefined);
    assert.ok(Math.abs(locked.shift!.x) < 1); // the figure jumps up alone
    const query = prepared.panels[2].data;
    const same = (image: Image) =>
      image.data.reduce((sum, level, k) => sum + Number(level === query[k]), 0);
    assert.ok(same(locked.image) > 0.5 * query.length);
    assert.ok(same(free.image) < 0.3 * query.length);
    const { comparison: _, ...bare } = prepared;
    await assert.rejects(edit(bare, { ...options, lock: true }), {
      name: "TypeError",
      message: /it must have pictures to compare: got latents alone$/,
    });
  },
);
Deno.test("edit() and generate() draw at sizes that the model was not made for, and say so", async () => {
  using device = await openDevice("cpu");
  await using pipeline = await loadPipeline(fixture("../models/micro"), {
    device,
  });
  const image = await picture("query");
  for (const panelSize of [16, 80, 272]) {
    using prepared = await prepareEdit(pipeline, {
      before: image,
      after: image,
      query: image,
      panelSize,
    });
    assert.match(
      prepared.notices.join(),
      new RegExp(`draws poorly at ${panelSize} x ${panelSize}$`),
    );
    const { panel: drawn } = await prepared.run({ steps: 2 });
    assert.equal(drawn.width, panelSize);
  }
  const { image: drawn, notices } = await generate(pipeline, {
    prompt: "a person",
    width: 576,
    height: 16,
    steps: 2,
  });
  assert.deepEqual([drawn.width, drawn.height], [576, 16]);
  assert.match(notices.join(), /draws poorly at 576 x 16$/);
});

editTest(
  "rank() puts a query that is given back unchanged last",
  OWN,
  async (prepared) => {
    const made = await prepared.run({ seed: 1, steps: 1 });
    const other = await prepared.run({ seed: 2, steps: 1 });
    const unchanged = { latents: prepared.latents[2] };
    const ranks = await prepared.rank([made, unchanged, other]);
    assert.equal(ranks[1]!.place, 3);
    assert.ok(ranks[1]!.agreement < ranks[0]!.agreement - 0.1);
    assert.ok(ranks[0]!.agreement > 0.5);
    await assert.rejects(prepared.rank([made], AbortSignal.abort()), {
      name: "AbortError",
    });
    await assert.rejects(prepared.rank([]), { name: "RangeError" });
  },
);
