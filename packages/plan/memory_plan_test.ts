import { convertModel, quantizedOutline } from "@edit-transfer/convert";
import { FluxTransformer } from "@edit-transfer/dit";
import { decodeImage, type Image } from "@edit-transfer/image";
import { loadPipeline, openModel, prepareEdit } from "@edit-transfer/pipeline";
import {
  editWork,
  generateWork,
  type MemoryPlan,
  MemoryPlanError,
  planMemory,
} from "@edit-transfer/plan";
import { openDevice } from "@edit-transfer/tensor";
import { nameRunningTest } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { NO_ADAPTER, testAdapter } from "../tensor/_test_adapter.ts";
import { outlineOf, unreadWeights } from "./_test_outline.ts";
import { planOpened } from "./memory_plan.ts";

const fixture = (path: string) =>
  fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));
const picture = (name: string) => decodeImage(fixture(`demo/0000/${name}.png`));
const MICRO = fixture("../models/micro");
const LORAS = [{
  path: fixture("../models/micro/lora/edit_transfer.safetensors"),
}];
const KINDS = ["cpu", "webgpu"] as const;
/** Limits at which all, some and no blocks stay. */
const LIMITS = {
  cpu: [undefined, 32e6, 17e6], // its heap grows by 16 MiB
  webgpu: [undefined, 11e6, 9e6],
};

function planTest(
  name: string,
  kind: "cpu" | "webgpu",
  body: () => Promise<void>,
): void {
  const missing = kind === "webgpu" && testAdapter === undefined;
  Deno.test({
    name: `${name} [${kind}]${missing ? NO_ADAPTER : ""}`,
    ignore: missing,
    fn: () => {
      nameRunningTest(`${name} [${kind}]`);
      return body();
    },
  });
}

/** Edits as a plan says; returns the picture and what the device counted. */
async function runEdit(
  kind: "cpu" | "webgpu",
  { maxBytes, resident }: Pick<MemoryPlan, "maxBytes" | "resident">,
  signal?: AbortSignal,
) {
  using device = await openDevice(kind, { maxBytes });
  await using pipeline = await loadPipeline(MICRO, {
    device,
    loras: LORAS,
    resident,
  });
  using prepared = await prepareEdit(pipeline, {
    before: await picture("source"),
    after: await picture("edited"),
    query: await picture("query"),
    edit: "jumping",
  });
  const { image } = await prepared.run({ seed: 7, steps: 3, signal });
  await device.sync();
  pipeline.unload();
  return { image, ...device.memory };
}

for (const kind of KINDS) {
  planTest(
    "planMemory() foretells the memory of an edit, which gives the same bytes",
    kind,
    async () => {
      const stay: (number | undefined)[] = [];
      const images: Image[] = [];
      for (const maxBytes of LIMITS[kind]) {
        const plan = await planMemory(MICRO, {
          device: kind,
          maxBytes,
          loras: LORAS,
          work: editWork({}),
        });
        const measured = await runEdit(kind, plan);
        stay.push(plan.resident?.filter(Boolean).length);
        images.push(measured.image);
        const near = (planned: number, found: number, what: string) =>
          assert.ok(
            Math.abs(planned / found - 1) < 0.1,
            `${what} at ${maxBytes}: planned ${planned}, measured ${found}`,
          );
        near(plan.peakBytes, measured.peakBytes, "peak");
        near(plan.heldBytes, measured.peakHeldBytes, "held");
        assert.ok(measured.peakHeldBytes <= (maxBytes ?? Infinity));
      }
      assert.equal(stay[0], undefined);
      assert.ok(stay[1]! >= stay[2]! && stay[2]! < 5, `${stay}`);
      for (const image of images) assert.deepEqual(image, images[0]);
    },
  );

  planTest("planMemory() says what would fit", kind, async () => {
    const plan = (maxBytes: number) =>
      planMemory(MICRO, {
        device: kind,
        maxBytes,
        work: editWork({ panelSize: 512 }),
        smaller: ({ panelSize }) =>
          [4 * panelSize, panelSize].map((panelSize) => ({
            name: `--panel-size ${panelSize}`,
            work: editWork({ panelSize }),
          })),
      });
    let least = 0;
    await assert.rejects(plan(32e6), (error) => {
      assert.ok(error instanceof MemoryPlanError);
      const match = error.message.match(
        /^Cannot fit "(encode|decode|denoise)" into 32MB of (?:cpu|webgpu) \(.*\) as it takes (\d+)MB with one part of the model and one block at a time: use at least (\d+)MB, or --panel-size (256|64), which takes (\d+)MB$/,
      );
      assert.ok(match, error.message);
      assert.equal(match[2], match[3]);
      least = Number(match[3]) * 1e6;
      assert.ok(Number(match[5]) <= 32);
      assert.equal(error.plan.readBytes > 0, true);
      return true;
    });
    assert.ok((await plan(least)).heldBytes <= least);
  });
}

Deno.test("planMemory() keeps a model within what the cpu can address, by itself", async () => {
  const model = await openModel(MICRO);
  await using _ = model.folder;
  /** The embedded model with a transformer of FLUX.1-dev's width. */
  const wide = async (numSingleLayers: number) => {
    const { transformer } = model.folder;
    const numAttentionHeads = 3072 / transformer.config.attentionHeadDim;
    const config = {
      ...transformer.config,
      hiddenSize: 3072,
      numAttentionHeads,
      numSingleLayers,
    };
    const outline = await outlineOf((reader) =>
      FluxTransformer.load(reader, config)
    );
    const weights = unreadWeights(outline, "BF16");
    return {
      ...model,
      folder: { ...model.folder, transformer: { config, weights } },
    };
  };
  const work = editWork({});
  const fits = await planOpened(await wide(4), { device: "cpu", work });
  assert.equal(fits.resident, undefined);
  assert.equal(fits.maxBytes, undefined);

  const large = await wide(16); // of 283 MB each
  const plan = await planOpened(large, { device: "cpu", work });
  assert.ok(plan.maxBytes! < 2 ** 32 && plan.maxBytes! > 0.95 * 2 ** 32);
  assert.ok(plan.heldBytes <= plan.maxBytes!);
  assert.ok(plan.resident!.includes(true) && plan.resident!.includes(false));
  const { maxBytes } = plan;
  const asked = await planOpened(large, { device: "cpu", work, maxBytes });
  assert.deepEqual(asked, plan);
  const more = { device: "cpu", work, maxBytes: 8e9 } as const;
  assert.deepEqual(await planOpened(large, more), plan);
});

Deno.test("what convert would make of a model is planned as what it makes", async () => {
  const output = await Deno.makeTempDir();
  try {
    for (const type of ["q8_0", "q4_k"] as const) {
      const folder = `${output}/${type}`;
      await convertModel(MICRO, { output: folder, type });
      const work = editWork({});
      const made = await planMemory(folder, { device: "cpu", work });
      const model = await openModel(MICRO);
      await using _ = model.folder;
      const outline = quantizedOutline(model, type);
      const plan = await planOpened(outline, { device: "cpu", work });
      assert.deepEqual(plan, made);
      const stored = await planOpened(model, { device: "cpu", work });
      assert.ok(plan.peakBytes < stored.peakBytes);
    }
  } finally {
    await Deno.remove(output, { recursive: true });
  }
});

Deno.test("planMemory() counts pictures after each step, and of text alone", async () => {
  const peak = async (work: Parameters<typeof planMemory>[1]["work"]) => {
    const plan = await planMemory(MICRO, { device: "cpu", work });
    return plan.phases.map(({ name }) => name).join(" ");
  };
  assert.equal(
    await peak(editWork({ previews: true, seeds: 3 })),
    "text encode denoise decode",
  );
  assert.equal(
    await peak(generateWork({ width: 96, height: 64 })),
    "text denoise decode",
  );
});

Deno.test("a pipeline with one part at a time frees the others", async () => {
  using device = await openDevice("cpu");
  {
    const events: string[] = [];
    await using pipeline = await loadPipeline(MICRO, {
      device,
      keepTextEncoders: true,
      resident: Array(5).fill(false),
      onPart: (part, state) => events.push(`${part} ${state}`),
    });
    using first = await pipeline.encodeText("a person");
    assert.equal(device.memory.tensors, 2);
    await pipeline.vae();
    await pipeline.transformer();
    const { tensors } = device.memory;
    await pipeline.vae();
    await pipeline.transformer();
    assert.equal(device.memory.tensors, tensors);
    using again = await pipeline.encodeText("a person"); // remembered
    assert.deepEqual(await again.states.data(), await first.states.data());
    assert.deepEqual(await again.pooled.data(), await first.pooled.data());
    assert.equal(device.memory.tensors, 4);
    assert.deepEqual(events, [
      "text needed",
      "text loaded",
      ...["vae needed", "vae loaded"],
      ...["transformer needed", "transformer loaded"],
      ...["vae needed", "vae loaded"],
      ...["transformer needed", "transformer loaded"],
      "text needed",
    ]);
  }
  assert.equal(device.memory.tensors, 0);
});

for (const kind of KINDS) {
  planTest(
    "an edit with streamed blocks that is stopped frees all",
    kind,
    async () => {
      using device = await openDevice(kind);
      {
        const stop = new AbortController();
        await using pipeline = await loadPipeline(MICRO, {
          device,
          loras: LORAS,
          resident: Array(5).fill(false),
        });
        using prepared = await prepareEdit(pipeline, {
          before: await picture("source"),
          after: await picture("edited"),
          query: await picture("query"),
        });
        const run = prepared.run({
          seed: 7,
          steps: 5,
          signal: stop.signal,
          onStep: () => setTimeout(() => stop.abort(), 0),
        });
        await assert.rejects(run, { name: "AbortError" });
        pipeline.unload();
        assert.equal(device.memory.tensors, 2); // the text
      }
      assert.equal(device.memory.tensors, 0);
    },
  );
}
