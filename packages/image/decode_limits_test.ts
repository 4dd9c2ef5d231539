import { blankImage, decodeImage } from "@edit-transfer/image";
import { readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { encoder, pattern } from "./_test_files.ts";

const SMOOTH = blankImage(64, 32, [200, 40, 30]);

for (const format of ["jpeg", "png", "webp", "tiff"] as const) {
  Deno.test(`decodeImage() reduces ${format} while it is read`, async () => {
    const bytes = await encoder(SMOOTH).withMetadata({ orientation: 6 })
      .toFormat(format).toBuffer();
    const notices: string[] = [];
    const image = await decodeImage(bytes, {
      path: "large",
      reduceAbove: 64 * 32 - 1,
      onNotice: (text) => notices.push(text),
    });
    assert.deepEqual([image.width, image.height], [16, 32]);
    assert.ok(Math.abs(image.data[0]! - 200) < 5);
    assert.deepEqual(notices, [
      '"large" is large: it is reduced to 16 x 32 pixels while it is read',
    ]);
    const whole = await decodeImage(bytes, { reduceAbove: 64 * 32 });
    assert.deepEqual([whole.width, whole.height], [32, 64]);
    const small = await decodeImage(bytes, { reduceAbove: 100 });
    assert.deepEqual([small.width, small.height], [4, 8]);
  });
}

Deno.test("decodeImage() reduces 16 bits with a profile", async () => {
  const bytes = await encoder(SMOOTH).toColourspace("rgb16")
    .withIccProfile("p3").png().toBuffer();
  const { depth, hasProfile } = await sharp(bytes).metadata();
  assert.deepEqual([depth, hasProfile], ["ushort", true]);
  const { width, data } = await decodeImage(bytes, { reduceAbove: 2000 });
  assert.equal(width, 32);
  assert.ok(data.every((v, i) => Math.abs(v - SMOOTH.data[i]!) <= 1));
});

Deno.test("decodeImage() refuses what cannot be reduced", async () => {
  const interlaced = await encoder(pattern(24, 16)).png({ progressive: true })
    .toBuffer();
  const gif = await encoder(pattern(24, 16)).gif().toBuffer();
  for (const bytes of [interlaced, gif]) {
    await assert.rejects(
      decodeImage(bytes, { reduceAbove: 383 }),
      /at most 383 pixels: got 24 x 16 = 384/,
    );
  }
});

Deno.test("decodeImage() refuses an AVIF by what its boxes say", async () => {
  const { integers } = readGolden("pictures/colours");
  const bytes = Uint8Array.from(integers["rgb.avif"]!);
  const at = String.fromCharCode(...bytes).indexOf("ispe") + 8;
  bytes[at] = 0x7f;
  await assert.rejects(decodeImage(bytes, { path: "a.avif" }), {
    message: 'Cannot decode "a.avif" as it must have at most 268402689 ' +
      "pixels: got 2130706496 x 32 = 68182607872",
  });
});

/** Filters that never end, and filters that hold a surface each. */
const COSTLY: Readonly<Record<string, string>> = {
  "that must end within 2 s: it did not":
    ('<feTurbulence baseFrequency=".01" numOctaves="9"/>' +
      '<feMorphology radius="200"/>').repeat(500),
  "that must take at most 1073741824 bytes: it took more":
    Array.from({ length: 500 }, (_, i) => `<feOffset dx="1" result="r${i}"/>`)
      .join("") +
    `<feMerge>${
      Array.from({ length: 500 }, (_, i) => `<feMergeNode in="r${i}"/>`).join(
        "",
      )
    }</feMerge>`,
};

for (const [fault, filters] of Object.entries(COSTLY)) {
  Deno.test(`decodeImage() stops an SVG as ${fault}`, async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="4000" ' +
      'height="4000"><filter id="f" x="0" y="0" width="1" height="1">' +
      `${filters}</filter><rect width="4000" height="4000" ` +
      'filter="url(#f)"/></svg>';
    const seconds = fault.includes("2 s") ? 2 : 60;
    const script = `
      import { decodeImage } from "@edit-transfer/image";
      const bytes = new TextEncoder().encode(${JSON.stringify(svg)});
      await decodeImage(bytes, { path: "a.svg", maxSeconds: ${seconds} })
        .catch((error) => console.log(error.message));
      Deno.exit(7);`;
    // its thread ends with the process only
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-check", script],
      cwd: fileURLToPath(new URL(".", import.meta.url)),
    }).output();
    const message = new TextDecoder().decode(stdout).trim();
    assert.equal(message, `Cannot decode "a.svg" as ${fault}`);
    assert.equal(code, 7);
  });
}

Deno.test("decodeImage() draws a large SVG smaller", async () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9000" ' +
    'height="4000"><rect width="9000" height="4000" fill="#123456"/></svg>';
  const { width, height, data } = await decodeImage(
    new TextEncoder().encode(svg),
  );
  assert.deepEqual([width, height], [4500, 2000]);
  assert.deepEqual([...data.slice(0, 3)], [0x12, 0x34, 0x56]);
});

Deno.test("decodeImage() draws SVG, and opens no file that it names", async () => {
  const path = fileURLToPath(
    new URL("../../fixtures/demo/0000/query.png", import.meta.url),
  );
  const plain =
    '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8">' +
    '<rect width="8" height="8" fill="#123456"/>';
  const draw = (text: string) => decodeImage(new TextEncoder().encode(text));
  const seen = await draw(`${plain}</svg>`);
  assert.deepEqual(seen, blankImage(8, 8, [0x12, 0x34, 0x56]));
  for (const href of [path, `file://${path}`]) {
    const image = `<image href="${href}" width="8" height="8"/>`;
    assert.deepEqual(await draw(`${plain}${image}</svg>`), seen);
  }
});
