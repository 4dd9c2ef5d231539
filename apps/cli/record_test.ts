import { addPngText, blankImage, encodePng } from "@edit-transfer/image";
import { testFolder } from "@edit-transfer/testing";
import type { Model } from "@edit-transfer/transfer";
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { runFacts } from "./make_pictures.ts";
import { type GenerateRecord, readRecord, recordText } from "./record.ts";
import { writeSheet } from "./write_sheet.ts";

/** A record of a model that sees a guidance, or does not. */
function record(guidanceEmbeds: boolean, seed = 1): GenerateRecord {
  const model = {
    device: { kind: "cpu", name: "cpu (1 thread)" },
    pipeline: { folder: { transformer: { config: { guidanceEmbeds } } } },
  } as unknown as Model;
  const facts = runFacts({ path: "model", loras: [] }, {
    model,
    guidance: 3.5,
    hashes: { model: "a".repeat(64), loras: [] },
    output: "out.png",
    earlier: undefined,
  });
  const size = { width: 64, height: 64 };
  return {
    command: "generate",
    ...facts,
    prompt: "p",
    seed,
    steps: 2,
    ...size,
  };
}

Deno.test("a guidance that the model does not see is not recorded", async () => {
  await using folder = await testFolder();
  for (const embeds of [true, false]) {
    const text = recordText(record(embeds), { width: 64, height: 64 });
    assert.equal(/Distilled CFG Scale: 3.5/.test(text.parameters!), embeds);
    const path = folder.at("a.png");
    const png = await encodePng(blankImage(1, 1));
    await writeFile(path, addPngText(png, text));
    const read = await readRecord(path);
    assert.equal(read.record.guidance, embeds ? 3.5 : undefined);
  }
});

Deno.test("a sheet has its own size, and the seeds of all its pictures", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.png");
  await writeSheet(path, {
    pictures: [[1, 64], [2, 90], [3, 64]].map(([seed, width]) => ({
      image: blankImage(width!, 64),
      words: `seed ${seed}`,
      seed: seed!,
    })),
    record: record(true, 1),
    flags: {},
  });
  const { parameters } = await readRecord(path);
  assert.match(parameters, /, Seeds: 1 2 3, Size: (?!64x64)\d+x\d+, /);
});
