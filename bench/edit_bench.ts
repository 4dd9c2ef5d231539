// A whole edit of the embedded model, as a user runs it: text, three panels,
// 35 steps, one decode. PyTorch on the same: python bench/pytorch/edit.py
import { decodeImage } from "@edit-transfer/image";
import { loadPipeline, prepareEdit } from "@edit-transfer/pipeline";
import { fileURLToPath } from "node:url";
import { openIfPresent } from "./open_if_present.ts";

const path = (name: string) =>
  fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

for (const kind of ["cpu", "webgpu"] as const) {
  const device = await openIfPresent(kind);
  if (device === undefined) continue;
  const pipeline = await loadPipeline(path("../models/micro"), {
    device,
    loras: [{ path: path("../models/micro/lora/edit_transfer.safetensors") }],
    keepTextEncoders: true,
  });
  const before = await decodeImage(path("demo/0000/source.png"));
  const after = await decodeImage(path("demo/0000/edited.png"));
  const query = await decodeImage(path("demo/0000/query.png"));
  Deno.bench({
    name: `edit of the embedded model, 35 steps, ${device.name}`,
    group: "edit",
    n: 5,
    warmup: 1,
    async fn() {
      using prepared = await prepareEdit(pipeline, {
        before,
        after,
        query,
        edit: "jumping",
      });
      await prepared.run({ seed: 42 });
    },
  });
}
