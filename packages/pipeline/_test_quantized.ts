import { f8ToF32, type TensorData, widen } from "@edit-transfer/weights";

type Tensors = Record<string, TensorData>;

const E4M3 = f8ToF32(
  Uint8Array.from({ length: 256 }, (_, i) => i),
  "F8_E4M3",
);
/** Codes of e4m3 by rising value, without NaN. */
const ORDER = [...E4M3.keys()].filter((i) => !Number.isNaN(E4M3[i]!))
  .sort((a, b) => E4M3[a]! - E4M3[b]!);

const RISING = Float32Array.from(ORDER, (i) => E4M3[i]!);

/** Arrays as plain fp8: all of them, or matrices only. */
export function asFp8(tensors: Tensors, which: "all" | "matrices"): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      if (which === "matrices" && tensor.shape.length !== 2) {
        return [name, tensor];
      }
      const data = Uint8Array.from(
        valuesOf(tensor),
        (value) => ORDER[nearest(RISING, value)]!,
      );
      return [name, { dtype: "F8_E4M3", shape: tensor.shape, data }];
    }),
  );
}

/** Arrays with matrices of whole blocks in NF4, as diffusers saves them. */
export function asNf4(tensors: Tensors): Tensors {
  const out: Tensors = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    const { shape } = tensor;
    if (shape.length !== 2 || shape[1]! % 64 !== 0) {
      out[name] = tensor;
      continue;
    }
    const values = valuesOf(tensor);
    const absmax = new Float32Array(values.length / 64);
    for (const [i, value] of values.entries()) {
      const block = Math.floor(i / 64);
      absmax[block] = Math.max(absmax[block]!, Math.abs(value));
    }
    const bits = new Uint8Array(values.length / 2);
    for (const [i, value] of values.entries()) {
      const scale = absmax[Math.floor(i / 64)] || 1;
      bits[i >> 1]! |= nearest(NF4, value / scale) << (i % 2 === 0 ? 4 : 0);
    }
    const state = new TextEncoder().encode(JSON.stringify({
      quant_type: "nf4",
      blocksize: 64,
      dtype: "bfloat16",
      shape,
    }));
    out[name] = { dtype: "U8", shape: [bits.length, 1], data: bits };
    out[`${name}.absmax`] = {
      dtype: "F32",
      shape: [absmax.length],
      data: absmax,
    };
    out[`${name}.quant_map`] = { dtype: "F32", shape: [16], data: NF4 };
    out[`${name}.quant_state.bitsandbytes__nf4`] = {
      dtype: "U8",
      shape: [state.length],
      data: state,
    };
  }
  return out;
}

// deno-fmt-ignore
const NF4 = Float32Array.of(
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453,
  -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0,
  0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
  0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
);

function valuesOf({ dtype, data }: TensorData): Float32Array {
  return data instanceof Float32Array ? data : widen(data, dtype);
}

/** Index of the nearest of rising values. */
function nearest(values: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = values.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= value) low = middle;
    else high = middle;
  }
  return value - values[low]! <= values[high]! - value ? low : high;
}
