import {
  type HostArray,
  openDevice,
  ParameterReader,
  Tensor,
} from "@edit-transfer/tensor";
import {
  memoryWeights,
  openSafetensors,
  type TensorData,
  writeSafetensors,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadRows } from "./load_rows.ts";
import { PART_BYTES } from "./staging.ts";

/** Rows of a matrix that fill a bit more than two parts. */
const WIDTH = 1000;

/** Elements, and the same as they are stored. */
interface Stored {
  readonly values: Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
  readonly array: TensorData;
}

/** A matrix whose elements differ from their neighbours. */
function matrix(
  dtype: "F32" | "F16" | "BF16",
  rows: number,
  width = WIDTH,
): Stored {
  const size = rows * width;
  const values = dtype === "F32"
    ? new Float32Array(size)
    : new Uint16Array(size);
  for (let i = 0; i < size; i++) values[i] = i * 7919 % 15000;
  const data = new Uint8Array(values.buffer);
  return { values, array: { dtype, shape: [rows, width], data } };
}

/** Compares without listing millions of elements. */
function assertSame(actual: HostArray, expected: HostArray): void {
  assert.equal(actual.length, expected.length);
  const wrong = actual.findIndex((x, i) => x !== expected[i]);
  assert.equal(wrong, -1, `element ${wrong} is ${actual[wrong]}`);
}

/** Calls `body` with a file of one array and the same in memory. */
async function withFile(
  x: TensorData,
  body: (load: () => Promise<HostArray>) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "rows-"));
  const path = join(folder, "x.safetensors");
  try {
    await writeSafetensors(path, { x });
    for (const kind of ["cpu", "webgpu"] as const) {
      using device = await openDevice(kind).catch(() => undefined);
      if (device === undefined) continue; // no adapter
      for (
        const open of [() => openSafetensors(path), () => memoryWeights({ x })]
      ) {
        await using source = await open();
        const reader = new ParameterReader(device, source);
        const load = async () => {
          using tensor = await reader.load("x", x.shape, { dtype: "stored" });
          return await tensor.data();
        };
        await body(load);
      }
      assert.equal(device.memory.tensors, 0);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

for (const dtype of ["F32", "F16", "BF16"] as const) {
  const perPart = PART_BYTES / WIDTH / (dtype === "F32" ? 4 : 2);
  for (const rows of [1, 3, Math.floor(2 * perPart) + 3]) {
    Deno.test(`${rows} rows of ${dtype} arrive as they are stored`, async () => {
      const { array, values } = matrix(dtype, rows);
      await withFile(array, async (load) => {
        assertSame(await load(), values);
      });
    });
  }

  Deno.test(`a last element of ${dtype} that is infinite is found`, async () => {
    const rows = Math.floor(2 * perPart) + 3;
    const { array, values } = matrix(dtype, rows);
    const infinity = dtype === "F16" ? 0x7c00 : 0xff80;
    values[rows * WIDTH - 1] = dtype === "F32" ? -Infinity : infinity;
    await withFile(array, async (load) => {
      await assert.rejects(load(), {
        name: "RangeError",
        message: new RegExp(
          `as all values must be finite: got NaN or infinity at element ${
            rows * WIDTH - 1
          }$`,
        ),
      });
    });
  });
}

Deno.test("rows longer than a part arrive as they are stored", async () => {
  const { array, values } = matrix("BF16", 5, PART_BYTES / 2 + 1);
  await withFile(array, async (load) => {
    assertSame(await load(), values);
  });
});

Deno.test("loads at the same time do not disturb each other", async () => {
  const [a, b] = [matrix("BF16", 4500), matrix("F32", 2500)];
  const device = await openDevice("cpu", { threads: 1 });
  const folder = await mkdtemp(join(tmpdir(), "rows-"));
  try {
    const path = join(folder, "x.safetensors");
    await writeSafetensors(path, { a: a.array, b: b.array });
    await using source = await openSafetensors(path);
    const reader = new ParameterReader(device, source);
    const [x, y] = await Promise.all([
      reader.load("a", a.array.shape, { dtype: "stored" }),
      reader.load("b", b.array.shape),
    ]);
    assertSame(await x.data(), a.values);
    assertSame(await y.data(), b.values);
  } finally {
    device[Symbol.dispose]();
    await rm(folder, { recursive: true });
  }
});

/** Rows of one part each, whose elements are the number of the row. */
const LONG = PART_BYTES / 16;

Deno.test("the next part is not read into the one that is uploaded", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  using x = new Tensor(device, [12, LONG]);
  const bad = await loadRows(x, {
    rows: 12,
    rowBytes: 4 * LONG,
    // deno-lint-ignore require-await
    read: async ({ start, end }, into) => {
      const values = new Float32Array(into.buffer, into.byteOffset, 4 * LONG);
      for (let row = start; row < end; row++) {
        values.fill(row, (row - start) * LONG, (row - start + 1) * LONG);
      }
      return into.subarray(0, (end - start) * LONG * 4);
    },
  });
  assert.equal(bad, -1);
  const rows = Float32Array.from(
    { length: 12 * LONG },
    (_, i) => Math.floor(i / LONG),
  );
  assertSame(await x.data(), rows);
  x.dispose();
});

Deno.test("a load that fails waits for the read that is under way", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  using x = new Tensor(device, [8, LONG]);
  let reading = 0;
  const bad = await loadRows(x, {
    rows: 8,
    rowBytes: 4 * LONG,
    read: async ({ start }, into) => {
      reading++;
      into.fill(0xff);
      if (start > 0) await new Promise((resolve) => setTimeout(resolve, 30));
      reading--;
      return into;
    },
  });
  assert.equal(bad, 0);
  assert.equal(reading, 0);
  x.dispose();
});
