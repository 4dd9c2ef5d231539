import { blankImage } from "@edit-transfer/image";
import { readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { channelsLast, goldenPicture } from "./_test_golden.ts";
import { clipPixels, parseClipPreprocessing } from "./preprocessing.ts";

const PATH = "preprocessor_config.json";
const SMALL = { size: { shortest_edge: 22 }, crop_size: 20 };

Deno.test("clipPixels() equals transformers to the last bit on odd sizes", () => {
  const golden = readGolden("clip/vit_l");
  const steps = parseClipPreprocessing(SMALL, PATH);
  const { arrays, shapes } = golden;
  let pictures = 0;
  for (; `odd.${pictures}.picture` in shapes; pictures++) {
    const picture = goldenPicture(golden, `odd.${pictures}.picture`);
    const name = `odd.${pictures}.pixels`;
    assert.deepEqual(
      clipPixels(picture, steps),
      channelsLast(arrays[name]!, shapes[name]!),
      `${picture.width} x ${picture.height}`,
    );
  }
  assert.equal(pictures, 6);
});

Deno.test("parseClipPreprocessing() reads what every version wrote", () => {
  const expected = parseClipPreprocessing({}, PATH);
  assert.deepEqual([expected.size, expected.crop], [224, 224]);
  const written = [
    // openai/clip-vit-large-patch14, 2021
    {
      crop_size: 224,
      do_center_crop: true,
      do_normalize: true,
      do_resize: true,
      feature_extractor_type: "CLIPFeatureExtractor",
      image_mean: [0.48145466, 0.4578275, 0.40821073],
      image_std: [0.26862954, 0.26130258, 0.27577711],
      resample: 3,
      size: 224,
    },
    {
      crop_size: { height: 224, width: 224 },
      do_convert_rgb: true,
      do_rescale: true,
      image_processor_type: "CLIPImageProcessor",
      rescale_factor: 0.00392156862745098,
      size: { shortest_edge: 224 },
    },
  ];
  for (const json of written) {
    assert.deepEqual(parseClipPreprocessing(json, PATH), expected);
  }
  assert.deepEqual(
    parseClipPreprocessing({ size: { height: 9, width: 7 } }, PATH).size,
    { height: 9, width: 7 },
  );
});

Deno.test("parseClipPreprocessing() tells each fault in a sentence", () => {
  const faults: [Record<string, unknown>, string][] = [
    [
      { resample: 2 },
      '"resample" must be 3, bicubic: got 2',
    ],
    [
      { do_center_crop: false },
      '"do_center_crop" must be true, as CLIP takes all steps: got false',
    ],
    [
      { size: { longest_edge: 224 } },
      '"size" must be a side, shortest_edge, or height and width: got {"longest_edge":224}',
    ],
    [
      { crop_size: { height: 224, width: 200 } },
      '"crop_size" must be a side or the height and width of a square: got {"height":224,"width":200}',
    ],
    [
      { image_std: [0, 1, 1] },
      '"image_std.0" must be a number above 0, at most 1: got 0',
    ],
    [
      { image_mean: [0.5] },
      '"image_mean" must be of three channels: got [0.5]',
    ],
    [
      { image_processor_type: "SiglipImageProcessor" },
      '"image_processor_type" must be CLIPImageProcessor: got "SiglipImageProcessor"',
    ],
  ];
  for (const [json, fault] of faults) {
    assert.throws(() => parseClipPreprocessing(json, PATH), {
      name: "FormatError",
      message: `Cannot read "${PATH}" as ${fault}`,
    });
  }
});

Deno.test("clipPixels() refuses a picture that is smaller than the cut", () => {
  const steps = parseClipPreprocessing({ size: 20, crop_size: 22 }, PATH);
  assert.throws(() => clipPixels(blankImage(30, 20), steps), {
    message:
      "Cannot cut picture as it must have at least 22 x 22 pixels: got 30 x 20",
  });
});
