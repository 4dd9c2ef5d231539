import {
  decodeImage,
  encodePicture,
  formatOf,
  type Image,
  readPictureText,
} from "@edit-transfer/image";
import assert from "node:assert/strict";

const image: Image = {
  width: 40,
  height: 30,
  data: Uint8Array.from(
    { length: 40 * 30 * 3 },
    (_, i) => 60 + Math.floor(i / 120) * 4 + (i % 120) / 2, // a soft slope
  ),
};
const text = {
  parameters: 'a & b < c > "d"\r\n日本 🖌\u0001\t',
  edit_transfer: JSON.stringify({ prompt: "</et:edit_transfer>\u0001 &amp;" }),
};

Deno.test("encodePicture() writes texts that readPictureText() reads, in each format", async () => {
  for (const format of ["png", "jpeg", "webp"] as const) {
    const bytes = await encodePicture(image, { format, text });
    assert.deepEqual(bytes, await encodePicture(image, { format, text }));
    const read = await readPictureText(bytes);
    assert.equal(read.edit_transfer, text.edit_transfer);
    const { parameters } = text;
    assert.equal(
      read.parameters,
      format === "png" ? parameters : parameters.replace("\u0001", "\ufffd"),
    );
    const without = await encodePicture(image, { format });
    assert.deepEqual(await readPictureText(without), {});
    const decoded = await decodeImage(bytes);
    assert.deepEqual([decoded.width, decoded.height], [40, 30]);
    const error = decoded.data.reduce(
      (sum, level, i) => sum + Math.abs(level - image.data[i]!),
      0,
    ) / decoded.data.length;
    assert.ok(error < 6, `${format} ${error}`);
  }
});

Deno.test("encodePicture() refuses texts that JPEG has no room for", async () => {
  const long = { parameters: "x".repeat(40_000), edit_transfer: "{}" };
  await assert.rejects(encodePicture(image, { format: "jpeg", text: long }), {
    name: "ImageError",
    message:
      /^Cannot encode JPEG as its texts must have at most 65000 bytes: got 80\d{3}; PNG and WebP hold more$/,
  });
  const webp = await encodePicture(image, { format: "webp", text: long });
  assert.deepEqual(await readPictureText(webp), long);
});

Deno.test("readPictureText() of other programs' pictures is empty", async () => {
  assert.deepEqual(
    await readPictureText(
      new TextEncoder().encode(
        '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>',
      ),
    ),
    {},
  );
  await assert.rejects(readPictureText(new Uint8Array(9)), {
    name: "ImageError",
  });
});

Deno.test("formatOf() goes by the extension", () => {
  assert.deepEqual(
    ["a.png", "b.c.JPEG", "d.jpg", "e.WebP", "f", ".png", "g.tiff"].map(
      formatOf,
    ),
    ["png", "jpeg", "jpeg", "webp", undefined, undefined, undefined],
  );
});
