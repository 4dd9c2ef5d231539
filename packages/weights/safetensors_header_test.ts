import assert from "node:assert/strict";
import { fileOf } from "./_test_file.ts";
import { parseHeader, parseHeaderSize } from "./safetensors_header.ts";

function parse(bytes: Uint8Array) {
  const options = { path: "a", fileSize: bytes.length };
  const size = parseHeaderSize(bytes.subarray(0, 8), options);
  return parseHeader(bytes.subarray(8, 8 + size), options);
}

const entry = (shape: unknown, data_offsets: unknown, dtype = "F32") => ({
  dtype,
  shape,
  data_offsets,
});

/** Header, bytes of data, and the end of the message. */
const REFUSED: Record<string, [unknown, number, string]> = {
  "no object": ["[]", 0, 'its header must start with "{": got byte 91'],
  "no header": ["", 0, 'its header must start with "{": got nothing'],
  "a space before it": [" {}", 0, 'must start with "{": got byte 32'],
  "broken JSON": ['{"a"', 0, "its JSON must parse: got "],
  "a repeated tensor": [
    '{"a":1,"a":2}',
    0,
    'its JSON must not repeat a key: got "a" twice',
  ],
  "an entry that is no object": [
    { x: [] },
    0,
    'Cannot read tensor "x" of "a" as its entry must be an object: got []',
  ],
  "an unknown type": [
    { x: entry([1], [0, 4], "F128") },
    4,
    'its dtype must be a known one: got "F128"',
  ],
  "a type from Object.prototype": [
    { x: entry([1], [0, 4], "toString") },
    4,
    'its dtype must be a known one: got "toString"',
  ],
  "a negative extent": [
    { x: entry([-1], [0, 4]) },
    4,
    "its shape must be integers >= 0: got [-1]",
  ],
  "a fractional extent": [
    { x: entry([0.5], [0, 2]) },
    2,
    "its shape must be integers >= 0: got [0.5]",
  ],
  "a shape that is no list": [
    { x: entry("12", [0, 4]) },
    4,
    'its shape must be integers >= 0: got "12"',
  ],
  "three offsets": [
    { x: entry([1], [0, 4, 4]) },
    4,
    "its data_offsets must be two integers >= 0: got [0,4,4]",
  ],
  "an offset above 2^53": [
    '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,9007199254740993]}}',
    4,
    "its data_offsets must be two integers >= 0: got [0,9007199254740992]",
  ],
  "offsets outside": [
    { x: entry([2], [0, 8]) },
    4,
    "its data must lie within the file: it ends at byte 70, the file has 66 and may be cut short",
  ],
  "offsets that fall": [
    { x: entry([1], [4, 0]) },
    4,
    "its data_offsets must rise: got [4,0]",
  ],
  "a size that does not fit the shape": [
    { x: entry([3], [0, 8]) },
    8,
    "F32 [3] takes 12 bytes: got 8",
  ],
  "a product that overflows": [
    { x: entry([2 ** 52, 2 ** 52, 2 ** 52], [0, 0]) },
    0,
    "bytes: got 0",
  ],
  "an overlap": [
    { x: entry([2], [0, 8]), y: entry([2], [4, 12]) },
    12,
    "tensors must follow one another: it starts at byte ",
  ],
  "a hole": [
    { x: entry([1], [0, 4]), y: entry([1], [8, 12]) },
    12,
    "tensors must follow one another: it starts at byte ",
  ],
  "bytes behind the last tensor": [
    { x: entry([1], [0, 4]) },
    5,
    "tensors must fill the file: they end at byte ",
  ],
  "metadata that is no object": [
    { __metadata__: "x" },
    0,
    '__metadata__ must map strings to strings: got "x"',
  ],
  "metadata with a number": [
    { __metadata__: { step: 3 } },
    0,
    '__metadata__ must map strings to strings: got {"step":3}',
  ],
};

for (const [fault, [header, dataBytes, message]] of Object.entries(REFUSED)) {
  Deno.test(`parseHeader() refuses ${fault}`, () => {
    assert.throws(
      () => parse(fileOf(header, dataBytes)),
      (error: Error) => {
        assert.equal(error.name, "FormatError");
        assert.ok(error.message.includes(message), error.message);
        return true;
      },
    );
  });
}

Deno.test("parseHeader() refuses bytes that are not UTF-8", () => {
  const bytes = fileOf('{"a":1}');
  bytes[10] = 0xff;
  assert.throws(() => parse(bytes), {
    message:
      'Cannot read safetensors "a" as its JSON must be UTF-8: got other bytes',
  });
});

Deno.test("parseHeaderSize() refuses a header longer than the file or 100 MB", () => {
  const size = (header: bigint, fileSize: number) => {
    const prefix = new Uint8Array(8);
    new DataView(prefix.buffer).setBigUint64(0, header, true);
    return () => parseHeaderSize(prefix, { path: "a", fileSize });
  };
  assert.throws(size(633n, 640), {
    message: 'Cannot read safetensors "a" as its header is at most 632 bytes ' +
      "in a file of 640: the file says 633",
  });
  assert.throws(size(25_000_001n, 1e12), /at most 25000000 bytes/);
  assert.throws(size(2n ** 64n - 1n, 1e12), /says 18446744073709551615/);
  assert.throws(
    () => parseHeaderSize(new Uint8Array(7), { path: "a", fileSize: 7 }),
    /starts with 8 bytes of header size: the file has 7/,
  );
});

Deno.test("parseHeader() takes scalars, empty arrays and padding", () => {
  const header = JSON.stringify({
    empty: entry([0, 2 ** 52, 2 ** 52], [4, 4]),
    scalar: entry([], [0, 4]),
    none: entry([3, 0], [0, 0]),
  });
  const { tensors } = parse(fileOf(`${header}   `, 4));
  assert.equal(tensors.get("scalar")!.sizeBytes, 4);
  assert.equal(tensors.get("empty")!.sizeBytes, 0);
});

Deno.test("parseHeader() takes names of object internals as plain names", () => {
  const names = ["__proto__", "constructor", "hasOwnProperty"];
  const entries = names.map((name, i) =>
    `${JSON.stringify(name)}:${JSON.stringify(entry([1], [4 * i, 4 * i + 4]))}`
  );
  const metadata = '"__metadata__":{"__proto__":"x"}';
  const { tensors, ...rest } = parse(
    fileOf(`{${metadata},${entries.join(",")}}`, 12),
  );
  assert.deepEqual([...tensors.keys()], names);
  assert.deepEqual(Object.keys(rest.metadata), ["__proto__"]);
  assert.equal(Object.getPrototypeOf({}), Object.prototype);
});

const OTHERS: readonly [start: string, description: string][] = [
  ["\x89PNG\r\n\x1a\n", "a PNG picture"],
  ["\xff\xd8\xff\xe0\0\x10JF", "a JPEG picture"],
  ["GGUF\x03\0\0\0", "a GGUF file, whose name should end in .gguf"],
  ["PK\x03\x04\0\0\x08\x08", "a ZIP archive, as PyTorch's .pt and .ckpt are"],
  ["<!DOCTYP", "a web page, as a refused download leaves it"],
  ["version ", "a pointer of Git LFS: run git lfs pull to get the file"],
  ["# README", "a text file"],
];

for (const [start, description] of OTHERS) {
  Deno.test(`parseHeaderSize() names ${description}`, () => {
    const prefix = Uint8Array.from(start, (c) => c.charCodeAt(0));
    assert.throws(() => parseHeaderSize(prefix, { path: "a", fileSize: 900 }), {
      name: "FormatError",
      message: `Cannot read safetensors "a" as it is ${description}`,
    });
  });
}

Deno.test("a header of more arrays than a model has is refused before it is parsed", () => {
  const many = `{"a":[${"{},".repeat(100_001)}{}]}`;
  const json = new TextEncoder().encode(many);
  assert.throws(
    () => parseHeader(json, { path: "a", fileSize: 8 + json.length }),
    {
      message:
        'Cannot read safetensors "a" as it has at most 100000 arrays: got up to 100002',
    },
  );
});

Deno.test("a header that is nested without end is refused", () => {
  const deep = `{"a":${"[".repeat(1e5)}${"]".repeat(1e5)}}`;
  const json = new TextEncoder().encode(deep);
  assert.throws(
    () => parseHeader(json, { path: "a", fileSize: 8 + json.length }),
    /its JSON must be nested at most 64 deep: got 100001$/,
  );
});
