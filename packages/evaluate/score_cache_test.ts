import { drawCases, ScoreCache } from "@edit-transfer/evaluate";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { appendFile } from "node:fs/promises";

const [one] = await drawCases({ split: "test", seed: 1, count: 1, size: 8 });
const source = { model: "a", hash: "1", preprocessing: "none" };
const metric = { name: "m", best: 1, digits: 2, source };

Deno.test("scores of models are asked for once, by all that they are made from", async () => {
  await using folder = await testFolder();
  let asked = 0;
  const take = (changes: object = {}, output = one!.query) =>
    new ScoreCache(folder.at("scores/a.jsonl")).take(
      { ...metric, ...changes },
      { output, one: one! },
      () => (asked++, output === one!.after ? undefined : 0.5),
    );
  assert.equal(await take(), 0.5);
  await appendFile(folder.at("scores/a.jsonl"), '{"key":"half a l'); // killed there
  assert.equal(await take(), 0.5);
  assert.equal(asked, 1);
  await take({ name: "other" });
  await take({ source: { ...source, hash: "2" } });
  await take({}, one!.answer);
  assert.equal(asked, 4);
  assert.equal(await take({}, one!.after), undefined);
  assert.equal(await take({}, one!.after), undefined);
  assert.equal(asked, 5);
  await take({ source: undefined });
  await take({ source: undefined });
  assert.equal(asked, 7); // without a model, nothing is worth keeping
});
