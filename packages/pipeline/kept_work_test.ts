import { quadLayout } from "@edit-transfer/composite";
import { dryDevice, Tensor } from "@edit-transfer/tensor";
import assert from "node:assert/strict";
import { dryReader } from "../tensor/_test_dry_reader.ts";
import { FLUX_DEV } from "../dit/_test_flux_dev.ts";
import { FluxTransformer, parseFluxConfig } from "@edit-transfer/dit";

/** Work of FLUX.1-dev on panels of 512 × 512 pixels and 512 text tokens, in TFLOP. */
async function countWork() {
  using device = dryDevice();
  using model = await FluxTransformer.load(
    dryReader(device),
    parseFluxConfig(FLUX_DEV, "config.json"),
  );
  const { tokens, ids, turns: [pair, query, answer] } = quadLayout([
    16,
    64,
    64,
  ]);
  const empty = (shape: number[]) => new Tensor(device, shape);
  const txt = empty([1, 512, 4096]);
  const txtIds = Array<number[]>(512).fill([0, 0, 0]);
  const told = (B: number) => ({
    pooled: empty([B, 768]),
    timestep: 1,
    guidance: 1,
  });
  const turn = (rows: readonly number[], B = 1) => ({
    ...told(B),
    img: empty([B, rows.length, 64]),
    imgIds: rows.map((row) => ids[row]!),
  });
  const count = async <T>(f: () => Promise<T>): Promise<[T, number]> => {
    const before = device.work;
    const result = await f();
    return [result, (device.work - before) / 1e12];
  };
  const [, joint] = await count(() =>
    model.velocity({
      ...told(1),
      img: empty([1, tokens, 64]),
      imgIds: ids,
      txt,
      txtIds,
    })
  );
  const [edit, ofPair] = await count(() =>
    model.keep([{ ...told(1), txt, txtIds }, turn(pair!)], { dtype: "f16" })
  );
  const [own, ofQuery] = await count(() =>
    model.keep([turn(query!)], { kept: [edit], dtype: "f16" })
  );
  const kept = [edit, own];
  const [, step] = await count(() =>
    model.velocity({ ...turn(answer!), kept })
  );
  const [, four] = await count(() =>
    model.velocity({ ...turn(answer!, 4), kept })
  );
  return { joint, ofPair, ofQuery, step, four };
}

Deno.test("kept conditions do a quarter of the work at FLUX.1-dev's size", async () => {
  const { joint, ofPair, ofQuery, step, four } = await countWork();
  const paper = 35 * joint;
  assert.ok(Math.abs(paper - 2603) < 10, `joint: ${paper} TFLOP`);
  const one = (ofPair + ofQuery + 35 * step) / paper;
  assert.ok(one <= 0.25, `one edit: ${one} of joint`);
  const sixteen = (ofPair + ofQuery + 35 * 4 * four) / paper;
  assert.ok(sixteen <= 3.6, `sixteen seeds: ${sixteen} joint edits`);
  const second = (ofQuery + 4 * step) / (ofPair + ofQuery + 4 * step);
  assert.ok(
    second <= 0.72,
    `a second query at 4 steps: ${second} of the first`,
  );
});
