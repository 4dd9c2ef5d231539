import { toLab } from "@edit-transfer/curation";
import { blankImage, type Rgb } from "@edit-transfer/image";
import assert from "node:assert/strict";

const lab = (colour: Rgb) => [...toLab(blankImage(1, 1, colour))];
const near = (got: readonly number[], wanted: readonly number[]) => {
  for (const [i, value] of wanted.entries()) {
    assert.ok(Math.abs(got[i]! - value) < 0.01, `${got} instead of ${wanted}`);
  }
};

Deno.test("toLab() of grey has no colour", () => {
  near(lab([0, 0, 0]), [0, 0, 0]);
  near(lab([255, 255, 255]), [100, 0, 0]);
  near(lab([119, 119, 119]), [50.03, 0, 0]);
});

Deno.test("toLab() of the primaries", () => {
  near(lab([255, 0, 0]), [53.24, 80.09, 67.2]);
  near(lab([0, 255, 0]), [87.73, -86.18, 83.18]);
  near(lab([0, 0, 255]), [32.3, 79.19, -107.86]);
});
