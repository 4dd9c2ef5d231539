import {
  assertClose,
  assertRelative,
  readGolden,
  testFolder,
} from "@edit-transfer/testing";
import { dryDevice } from "@edit-transfer/tensor";
import { writeSafetensors } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { forEachDevice } from "../tensor/_test_devices.ts";
import { goldenCase, goldenFolder } from "./_test_golden.ts";
import { ClipFeatures } from "./clip_features.ts";
import { openClipFolder } from "./clip_folder.ts";
import { openClipMetrics } from "./open_clip_metrics.ts";

/** f32 sums of up to 216 products, rounded in another order, through two layers. */
const LIMIT = 1e-5;

/** The same for cosines, absolute: a tenth of it. */
const COSINE_LIMIT = 1e-6;

const NAMES = {
  vit_l: ["clip-t", "clip-i", "clip-dir"],
  vit_h: ["pickscore", "clip-t", "clip-i", "clip-dir"],
  editclip: ["editclip"],
};

forEachDevice(
  "openClipMetrics() scores as the programs that define the metrics",
  async (device) => {
    for (const [name, names] of Object.entries(NAMES)) {
      const golden = readGolden(`clip/${name}`);
      const { output, ...known } = goldenCase(golden);
      const scores = JSON.parse(golden.metadata.scores!);
      const folder = goldenFolder(name);
      await using opened = await openClipMetrics(folder, { device, names });
      assert.deepEqual(opened.metrics.map(({ name }) => name), names);
      for (const metric of opened.metrics) {
        const score = await metric.score(output, known);
        const expected = scores[metric.name];
        // What cosines are made of cancels: their errors are measured against 1.
        if (metric.best === 1) {
          assertClose([score], [expected], { atol: COSINE_LIMIT, rtol: 0 });
        } else assertRelative([score], [expected], LIMIT);
        assert.equal(metric.summarize([score, score]), score);
        assert.ok(Number.isNaN(metric.summarize([])));
      }
    }
  },
);

forEachDevice(
  "ClipFeatures equal those of transformers, each computed once",
  async (device) => {
    const golden = readGolden("clip/vit_h");
    const { output, ...known } = goldenCase(golden);
    const { arrays, metadata } = golden;
    await using folder = await openClipFolder(goldenFolder("vit_h"));
    using features = new ClipFeatures(folder, device);
    const side = 480;
    const again = { ...output, data: Uint8Array.from(output.data) };
    const [picture, same] = await Promise.all([
      features.picture([output], { side }),
      features.picture([again], { side }),
    ]);
    assert.equal(picture, same);
    assertRelative(picture, arrays.image_features!, LIMIT);
    const text = await features.text(known.words, { truncate: false });
    assertRelative(text, arrays.text_features!, LIMIT);
    const long = await features.text(metadata.long!, { truncate: true });
    assertRelative(long, arrays.long_features!, LIMIT);
    assert.equal(features.passes, 3);
    await assert.rejects(features.text(metadata.long!, { truncate: false }), {
      name: "RangeError",
      message:
        "Cannot encode words as CLIP reads 19 tokens: got 38; describe the edit in fewer words",
    });
  },
);

Deno.test("openClipMetrics() says which model, and what is not as published", async () => {
  const device = dryDevice();
  const open = async (names: string[]) => {
    const folder = goldenFolder("vit_l");
    await using opened = await openClipMetrics(folder, { device, names });
    return opened;
  };
  const { facts, notices } = await open(["clip-i", "clip-dir"]);
  assert.equal(facts.model, "vit_l");
  assert.match(String(facts.sha256), /^[0-9a-f]{64}$/);
  assert.equal(facts.logitScale, 100.003);
  assert.equal(
    facts.architecture,
    "CLIP, vision 2 layers of 20, 3 channels of 20 px in patches of 6; text 2 of 16; projection 12",
  );
  assert.match(
    String(facts.preprocessing),
    /^480 x 480, then shortest side 22/,
  );
  assert.deepEqual(notices, [
    `Scores of clip-i, clip-dir from "${
      goldenFolder("vit_l")
    }" cannot be compared with published ones: those are of ` +
    "openai/clip-vit-large-patch14, 24 layers of width 1024; this one has 2 of 20",
  ]);
  await assert.rejects(open(["clip-t", "lpips"]), {
    message:
      'Cannot open metric as CLIP measures clip-t, clip-i, clip-dir, pickscore, editclip: got "lpips"',
  });
  await assert.rejects(open(["toString"]), /got "toString"/);
  await assert.rejects(open([]), {
    message: "Cannot open metrics as there must be one: got no name",
  });
});

Deno.test("openClipMetrics() tells what a folder lacks in a sentence", async () => {
  await using root = await testFolder();
  const folder = root.at("model");
  const device = dryDevice();
  /** Opens a copy of a model after a change. */
  const open = async (
    name: string,
    names: string[],
    change: (at: (file: string) => string) => Promise<void>,
  ) => {
    await cp(goldenFolder(name), folder, { recursive: true });
    try {
      await change((file) => join(folder, file));
      await using _ = await openClipMetrics(folder, { device, names });
    } finally {
      await rm(folder, { recursive: true });
    }
  };
  // deno-lint-ignore no-explicit-any
  const edit = async (path: string, change: (json: any) => void) => {
    const json = JSON.parse(await readFile(path, "utf8"));
    change(json);
    await writeFile(path, JSON.stringify(json));
  };
  const nothing = () => Promise.resolve();

  await assert.rejects(open("vit_l", ["editclip"], nothing), {
    message:
      `Cannot measure editclip with "${folder}" as its pictures must have 6 channels: got 3; QWW/EditCLIP fits`,
  });
  await assert.rejects(open("editclip", ["clip-i"], nothing), {
    message:
      `Cannot measure clip-i with "${folder}" as its pictures must have 3 channels: got 6; openai/clip-vit-large-patch14 fits`,
  });
  await assert.rejects(
    open(
      "vit_l",
      ["clip-i"],
      (at) =>
        edit(at("config.json"), (json) => json.vision_config.hidden_size = 24),
    ),
    {
      name: "WeightError",
      message:
        `Cannot use weight "vision_model.embeddings.patch_embedding.weight" of "${folder}/model.safetensors" as its shape must be [24, 3, 6, 6]: got [20, 3, 6, 6]`,
    },
  );
  await assert.rejects(
    open(
      "vit_l",
      ["clip-i"],
      (at) =>
        edit(
          at("config.json"),
          (json) => json.text_config.num_hidden_layers = 1,
        ),
    ),
    {
      name: "WeightError",
      message:
        `Cannot use "${folder}/model.safetensors" as each of its arrays must be of a layer that config.json has: ` +
        'got 16 of none, the first "text_model.encoder.layers.1.layer_norm1.bias"',
    },
  );
  await assert.rejects(
    open(
      "vit_l",
      ["clip-i"],
      (at) =>
        edit(
          at("config.json"),
          (json) => json.vision_config.num_hidden_layers = 3,
        ),
    ),
    /^WeightError: Cannot find weight "vision_model.encoder.layers.2.layer_norm1.weight" in ".*": nearest is "vision_model.encoder.layers.0.layer_norm1.weight"/,
  );
  await assert.rejects(
    open(
      "vit_h",
      ["clip-i"],
      (at) => rm(at("model-00002-of-00003.safetensors")),
    ),
    /as all files that it lists must be there: got no "model-00002-of-00003.safetensors"/,
  );
  await assert.rejects(
    open("vit_l", ["clip-i"], (at) => rm(at("model.safetensors"))),
    /must hold "model.safetensors" or "model.safetensors.index.json": found neither/,
  );
  await assert.rejects(
    open("vit_l", ["clip-i"], async (at) => {
      await rm(at("model.safetensors"));
      await writeSafetensors(at("model.safetensors"), {});
    }),
    /Cannot find weight "text_model.embeddings.token_embedding.weight".*: it is empty/,
  );
  await assert.rejects(
    open("vit_l", ["clip-i"], (at) => rm(at("config.json"))),
    { message: `Model file not found: "${folder}/config.json"` },
  );
  await assert.rejects(
    open("vit_l", ["clip-i"], (at) => rm(at("preprocessor_config.json"))),
    /must say how pictures are prepared: got no preprocessor_config.json/,
  );
  await assert.rejects(
    open(
      "vit_l",
      ["clip-i"],
      (at) =>
        edit(at("preprocessor_config.json"), (json) => json.crop_size = 19),
    ),
    {
      message:
        `Cannot use "${folder}" with "${folder}" as pictures must be cut to the model's 20 pixels a side: got 19`,
    },
  );
  await assert.rejects(
    open("vit_l", ["clip-t"], (at) => rm(at("tokenizer.json"))),
    /must have vocab.json and merges.txt or tokenizer.json: got none/,
  );
  await open("vit_l", ["clip-i"], (at) => rm(at("tokenizer.json")));
  await assert.rejects(openClipMetrics(folder, { device, names: ["clip-i"] }), {
    message: `CLIP folder not found: "${folder}"`,
  });
});

Deno.test("openClipMetrics() takes what prepares inputs from another folder", async () => {
  await using root = await testFolder();
  const folder = root.at("model");
  await cp(goldenFolder("vit_h"), folder, { recursive: true });
  for (const name of ["preprocessor_config.json", "tokenizer.json"]) {
    await rm(join(folder, name));
  }
  await using opened = await openClipMetrics(folder, {
    device: dryDevice(),
    names: ["pickscore"],
    processor: goldenFolder("vit_h"),
  });
  assert.equal(opened.facts.processor, "vit_h");
});
