import assert from "node:assert/strict";
import { cleanCaption, dropCaption } from "./caption.ts";
import { Loader } from "./loader.ts";

Deno.test("commas are left alone unless asked for", () => {
  const text = "  first ,second,,third\r\nfourth, \n";
  assert.equal(cleanCaption(text), "first ,second,,third\r\nfourth,");
  assert.equal(
    cleanCaption(text, { commas: true }),
    "first, second, third, fourth",
  );
  assert.equal(cleanCaption(" \n"), "");
});

Deno.test("dropout is as frequent as asked for", () => {
  const draws = new Loader(20000, { batchSize: 20000, seed: 3 }).next();
  const dropped =
    draws.filter(({ dropout }) =>
      dropCaption("x", { rate: 0.05, dropout }) === ""
    ).length;
  // five standard deviations of a binomial
  assert(Math.abs(dropped - 1000) < 5 * Math.sqrt(20000 * 0.05 * 0.95));
  assert.throws(() => dropCaption("x", { rate: 1.5, dropout: 0 }), {
    message: "Cannot drop captions as the rate must be in [0, 1]: got 1.5",
  });
});
