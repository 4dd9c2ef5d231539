import type { ManifestItem } from "@edit-transfer/dataset";
import type { ReadSet } from "./read_set.ts";
import type { TrainConfig } from "./train_config.ts";

/** Pictures and captions of a config's samples as tasks; nothing where it has none. */
export function sampleManifest(
  { images, prompts }: TrainConfig["sample"],
): ReadSet | undefined {
  if (images.length === 0) return undefined;
  const count = Math.max(images.length, prompts.length);
  const items = Array.from({ length: count }, (_, i): ManifestItem => {
    const image = images[i % images.length]!;
    return {
      name: `sample.image ${i % images.length + 1}`,
      pictures: typeof image === "string"
        ? { composite: image }
        : { pair: { ...image, target: image.query } }, // not looked at
      caption: prompts[i % prompts.length] ?? "",
    };
  });
  return {
    entries: [{
      path: "sample.image",
      figures: undefined,
      captionExtension: "txt",
      commas: false,
      template: undefined,
      seams: "detect",
      captionDropout: 0,
    }],
    manifests: [{ path: "sample.image", items, notices: [] }],
  };
}
