import { convertModel } from "@edit-transfer/convert";
import { openModelFolder } from "@edit-transfer/pipeline";
import {
  openSafetensors,
  widen,
  widenWeights,
  writeSafetensors,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  editJson,
  readTensors,
  WEIGHTS,
  withCopy,
} from "../pipeline/_test_model_copy.ts";
import { asNf4 } from "../pipeline/_test_quantized.ts";

Deno.test("convertModel() writes NF4 as the bf16 that it stands for", async () => {
  await withCopy(async (folder) => {
    await editJson(join(folder, "model_index.json"), (json) => {
      delete json._edit_transfer; // names a LoRA, which is not in the copy
    });
    const path = join(folder, WEIGHTS.transformer);
    await writeSafetensors(path, asNf4(await readTensors(path)));
    await using packed = await widenWeights(await openSafetensors(path));
    const output = join(folder, "out");
    await convertModel(folder, { output, type: "stored" });
    await using model = await openModelFolder(output);
    const { weights } = model.transformer;
    for (const name of packed.names()) {
      const { dtype, shape, stored } = packed.info(name);
      const info = weights.info(name);
      if (stored !== undefined) assert.equal(info.dtype, "BF16");
      assert.deepEqual(info.shape, shape);
      assert.deepEqual(
        widen(await weights.read(name), info.dtype),
        widen(await packed.read(name), dtype),
        name,
      );
    }
  });
});
