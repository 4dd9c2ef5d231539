import { concat, slice, Tensor } from "@edit-transfer/tensor";
import { assertRelative, readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice } from "../tensor/_test_devices.ts";
import { attach } from "./_test_branches.ts";
import { groups } from "./_test_groups.ts";
import { tinyModel } from "./_test_model.ts";

/** Largest relative error: the same sums, in products of other shapes. */
const LIMIT = 1e-5;

for (const branches of [false, true]) {
  for (const B of [1, 3]) {
    forEachDevice(
      `velocity with kept tokens is that with the same mask, ${B} answers${
        branches ? ", with LoRAs" : ""
      }`,
      async (device) => {
        using model = await tinyModel(device);
        using _1 = branches ? attach(model, device) : undefined;
        using _2 = branches ? attach(model, device, { seed: 9 }) : undefined;
        using tokens = groups(device, B);
        const { once, repeated, answer } = tokens;
        using expected = model.forward({ ...answer, before: repeated });
        using all = await model.keep(once);
        using first = await model.keep(once.slice(0, 2));
        using query = await model.keep(once.slice(2), { kept: [first] });
        assert.deepEqual([first.tokens, query.tokens, all.tokens], [12, 3, 15]);
        for (const kept of [[all], [first, query]]) {
          using actual = await model.velocity({ ...answer, kept });
          assertRelative(await actual.data(), await expected.data(), LIMIT);
        }
      },
    );
  }
}

for (const [B, sigma] of [[1, 1], [1, 0], [3, 1], [3, 0]] as const) {
  forEachDevice(
    `kept tokens give the velocity of diffusers with the mask, ${B} at once, told ${sigma}`,
    async (device) => {
      using model = await tinyModel(device);
      using made = new DisposableStack();
      const { arrays, shapes, metadata } = readGolden(`dit/kept_${B}`);
      const tensor = (name: string) =>
        made.use(Tensor.from(device, arrays[name]!, { shape: shapes[name]! }));
      const ids = (name: string) => {
        const all = [...arrays[`ids.${name}`]!];
        return all.flatMap((_, i) => i % 3 === 0 ? [all.slice(i, i + 3)] : []);
      };
      const pooled = tensor("pooled"); // [B, 10]
      const txt = tensor("txt"); // [B, T, 20]
      const given = { pooled, timestep: sigma, guidance: 1 };
      using kept = await model.keep([
        { ...given, txt, txtIds: Array(txt.shape[1]).fill([0, 0, 0]) },
        {
          ...given,
          img: made.use(concat([tensor("before"), tensor("after")], 1)),
          imgIds: [...ids("before"), ...ids("after")],
        },
        { ...given, img: tensor("query"), imgIds: ids("query") },
      ]);
      using velocity = await model.velocity({
        img: tensor("target"),
        imgIds: ids("target"),
        pooled,
        timestep: [...arrays.sigma!],
        guidance: Number(metadata.guidance),
        kept: [kept],
      });
      const expected = arrays[`velocity.${sigma}`]!;
      assertRelative(await velocity.data(), expected, LIMIT);
    },
  );
}

forEachDevice(
  "a seam sees all keys, and replaces what attends",
  async (device) => {
    using model = await tinyModel(device);
    using tokens = groups(device, 1);
    const { once, answer } = tokens;
    using kept = await model.keep(once);
    const seen: string[] = [];
    using same = await model.velocity({
      ...answer,
      kept: [kept],
      seam({ q, k, v }, block) {
        seen.push(`${block}: ${q.shape} ${k.shape} ${v.shape}`);
        return { q, k, v };
      },
    });
    assert.deepEqual(
      seen,
      [0, 1, 2, 3].map((i) => `${i}: 1,2,9,12 1,2,24,12 1,2,24,12`),
    );
    using plain = await model.velocity({ ...answer, kept: [kept] });
    assert.deepEqual(await same.data(), await plain.data());
    using blind = await model.velocity({
      ...answer,
      kept: [kept],
      seam: ({ q, k, v }) => ({
        q,
        k: slice(k, 2, { start: 15 }),
        v: slice(v, 2, { start: 15 }),
      }),
    });
    using alone = await model.velocity(answer);
    assert.deepEqual(await blind.data(), await alone.data());
  },
);

forEachDevice(
  "kept tokens are rounded to 16 bits where asked for",
  async (device) => {
    using model = await tinyModel(device);
    using tokens = groups(device, 1);
    const { once, answer } = tokens;
    using exact = await model.keep(once);
    using rounded = await model.keep(once, { dtype: "f16" });
    assert.equal(rounded.blocks[3]!.k.dtype, "f16");
    using a = await model.velocity({ ...answer, kept: [exact] });
    using b = await model.velocity({ ...answer, kept: [rounded] });
    assertRelative(await b.data(), await a.data(), 2e-3);
  },
);
