import { readGolden } from "@edit-transfer/testing";
import { narrowF64, openGguf, readRows, widen } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ggufOf } from "./_test_gguf.ts";
import { testFolder } from "@edit-transfer/testing";

const GOLDENS = new URL("../../fixtures/goldens/gguf_files/", import.meta.url);
const TYPES = fileURLToPath(new URL("types.gguf", GOLDENS));
const UNREAD = fileURLToPath(new URL("unread.gguf", GOLDENS));

for (const golden of ["types", "more"]) {
  Deno.test(`openGguf() gives what gguf dequantises, to the bit: ${golden}`, async () => {
    const path = fileURLToPath(new URL(`${golden}.gguf`, GOLDENS));
    await using file = narrowF64(await openGguf(path));
    const { arrays, shapes } = readGolden(`gguf_files/${golden}`);

    assert.deepEqual([...file.names()].sort(), Object.keys(arrays).sort());
    for (const name of file.names()) {
      const { dtype, shape, sizeBytes } = file.info(name);
      const bytes = await file.read(name);
      assert.deepEqual(shape, shapes[name]);
      assert.equal(bytes.length, sizeBytes);
      assert.deepEqual(
        new Uint32Array(widen(bytes, dtype).buffer),
        new Uint32Array(arrays[name]!.buffer),
        name,
      );
    }
  });
}

Deno.test("openGguf() leaves F16 and BF16 as they are stored", async () => {
  await using file = await openGguf(TYPES);
  assert.equal(file.info("F16").dtype, "F16");
  assert.equal(file.info("BF16").dtype, "BF16");
  assert.equal(file.info("Q4_K").dtype, "F32");
});

Deno.test("openGguf() reads some rows of quantised arrays", async () => {
  await using file = await openGguf(TYPES);
  for (const name of ["F16", "BF16", "Q4_0", "Q8_0", "Q6_K"]) {
    const whole = await file.read(name);
    const size = whole.length / 3;
    const rows = await readRows(file, name, { start: 1, end: 3 });
    assert.deepEqual(rows, whole.slice(size), name);
  }
  await assert.rejects(readRows(file, "Q4_0", { start: 2, end: 4 }), {
    name: "RangeError",
  });
});

Deno.test("openGguf() keeps the scalars of the metadata as text", async () => {
  await using file = await openGguf(TYPES);
  assert.deepEqual({ ...file.metadata }, {
    "general.architecture": "flux",
    "general.quantization_version": "2",
    flag: "true",
    third: String(Math.fround(1 / 3)),
  });
});

Deno.test("openGguf() names a type that it does not read", async () => {
  await using folder = await testFolder();
  const bytes = await readFile(UNREAD);
  const at = bytes.indexOf("x.weight") + 8 + 4 + 2 * 8; // name, axes, extents
  assert.equal(bytes[at], 23);
  for (
    const [type, name] of [
      [9, "Q8_1 (type 9)"],
      [15, "Q8_K (type 15)"],
      [16, "IQ2_XXS (type 16)"],
      [17, "IQ2_XS (type 17)"],
      [18, "IQ3_XXS (type 18)"],
      [19, "IQ1_S (type 19)"],
      [21, "IQ3_S (type 21)"],
      [22, "IQ2_S (type 22)"],
      [24, "I8 (type 24)"],
      [29, "IQ1_M (type 29)"],
      [34, "TQ1_0 (type 34)"],
      [35, "TQ2_0 (type 35)"],
      [40, "NVFP4 (type 40)"],
      [99, "type 99"],
    ] as const
  ) {
    bytes[at] = type;
    const path = folder.at(`${type}.gguf`);
    await writeFile(path, bytes);
    await assert.rejects(openGguf(path), {
      name: "FormatError",
      message:
        `Cannot read tensor "x.weight" of "${path}" as its type must be one of ` +
        "F64, F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, " +
        `IQ4_NL, IQ4_XS, MXFP4: got ${name}`,
    });
  }
});

Deno.test("openGguf() refuses every shorter file", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.gguf");
  const whole = await readFile(TYPES);
  for (let length = 0; length < whole.length - 32; length += 499) {
    await writeFile(path, whole.subarray(0, length));
    await assert.rejects(openGguf(path), { name: "FormatError", path });
  }
});

const X = { name: "x", type: 0, extents: [2n, 3n], offset: 0n };
const FAULTS: [string, Parameters<typeof ggufOf>[0], RegExp][] = [
  [
    "a version before 2",
    { version: 1 },
    /as its version must be 2 or 3: got 1$/,
  ],
  [
    "a big-endian file",
    { version: 0x03000000 },
    /as its version must be 2 or 3: got a big-endian file$/,
  ],
  [
    "more tensors than fit",
    { tensorCount: 1n << 60n },
    /as \d+ bytes hold at most \d tensors: the file says 1152921504606846976$/,
  ],
  [
    "overlapping tensors",
    { tensors: [X, { ...X, name: "y" }] },
    /tensor "y" of .* as tensors must follow one another: it starts at offset 0, the one before it ends at 32$/,
  ],
  [
    "one name twice",
    { tensors: [X, { ...X, offset: 32n }] },
    /tensor "x" of .* as a name must not repeat: got it twice$/,
  ],
  [
    "extents that overflow",
    { tensors: [{ ...X, extents: [1n << 62n, 1n << 62n] }] },
    /must hold it: F32 \[4611686018427387904, 4611686018427387904\] takes /,
  ],
  [
    "five axes",
    { tensors: [{ ...X, extents: [1n, 1n, 1n, 1n, 1n] }] },
    /as it has at most 4 axes: got 5$/,
  ],
  [
    "rows of half a block",
    { tensors: [{ ...X, type: 8, extents: [48n] }] },
    /as rows of Q8_0 must be a multiple of 32 elements: got 48$/,
  ],
  [
    "an odd alignment",
    { alignment: 24 },
    /as general\.alignment must be a power of two up to 1048576: got "24"$/,
  ],
];

for (const [name, file, message] of FAULTS) {
  Deno.test(`openGguf() refuses ${name}`, async () => {
    await using folder = await testFolder();
    const path = folder.at("a.gguf");
    await writeFile(path, ggufOf({ tensors: [X], ...file }));
    await assert.rejects(openGguf(path), { name: "FormatError", message });
  });
}

Deno.test("openGguf() reads an array aligned as the file says", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.gguf");
  await writeFile(path, ggufOf({ tensors: [X], alignment: 64 }));
  await using file = await openGguf(path);
  assert.deepEqual(file.info("x").shape, [3, 2]);
  assert.equal((await file.read("x")).length, 24);
});
