import {
  layerNormWgsl,
  rmsNormWgsl,
  softmaxWgsl,
} from "@edit-transfer/kernels";
import type { Kernels } from "../backend.ts";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import type { KernelVariant } from "./variant.ts";
import {
  bind,
  forParts,
  maxElements,
  shifted,
  type View,
  viewOf,
} from "./view.ts";

/** Invocations that share a row, and rows of a workgroup. */
interface RowShape {
  readonly LANES: number;
  readonly ROWS: number;
}

/** Barriers are dear on software adapters, so there each row has one lane. */
function rowShape({ software }: GpuContext, C: number): RowShape {
  if (software) return { LANES: 1, ROWS: 8 };
  return C > 256 ? { LANES: 64, ROWS: 1 } : { LANES: 16, ROWS: 4 };
}

function variant(
  name: string,
  source: string,
  { shape, width }: { shape: RowShape; width?: number },
): KernelVariant {
  const key = `${name},${shape.LANES},${width}`;
  let found = variants.get(key);
  if (found === undefined) {
    found = {
      name,
      source,
      spec: width === undefined ? {} : {
        T: width === 4 ? "vec4f" : "f32",
        VECTOR: String(width === 4),
      },
      constants: { ...shape },
    };
    variants.set(key, found);
  }
  return found;
}
const variants = new Map<string, KernelVariant>();

/** See `Kernels.layerNorm`. */
export function layerNorm(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  { weight, bias, eps }: Parameters<Kernels["layerNorm"]>[2],
): void {
  const C = x.shape.at(-1)!;
  const width = C % 4 === 0 ? 4 : 1;
  const shape = rowShape(context, C);
  const optional = (tensor: Tensor | undefined) =>
    tensor === undefined
      ? {
        storage: context.empty,
        offset: 0,
        size: context.empty.capacity,
      }
      : bind(context, viewOf(tensor), C).binding;
  forRows(context, { rows: x.size / C, C }, (start, rows) => {
    const from = bind(context, shifted(viewOf(x), start * C), rows * C);
    const to = bind(context, shifted(viewOf(out), start * C), rows * C);
    context.run({
      variant: variant("layer_norm", layerNormWgsl, { shape, width }),
      reads: [from.binding, optional(weight), optional(bias)],
      writes: [to.binding],
      ints: [
        rows,
        C / width,
        from.first / width,
        to.first / width,
        Number(weight !== undefined),
        Number(bias !== undefined),
      ],
      floats: [C, eps],
      workgroups: Math.ceil(rows / shape.ROWS),
      work: rows * C * 16,
    });
  });
}

/** See `Kernels.rmsNorm`. */
export function rmsNorm(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  { weight, eps }: { weight: Tensor; eps: number },
): void {
  const D = x.shape.at(-1)!;
  const width = D % 4 === 0 ? 4 : 1;
  const shape = rowShape(context, D);
  forRows(context, { rows: x.size / D, C: D }, (start, rows) => {
    const from = bind(context, shifted(viewOf(x), start * D), rows * D);
    const to = bind(context, shifted(viewOf(out), start * D), rows * D);
    context.run({
      variant: variant("rms_norm", rmsNormWgsl, { shape, width }),
      reads: [from.binding, bind(context, viewOf(weight), D).binding],
      writes: [to.binding],
      ints: [rows, D / width, from.first / width, to.first / width],
      floats: [D, eps],
      workgroups: Math.ceil(rows / shape.ROWS),
      work: rows * D * 16,
    });
  });
}

/** See `Kernels.softmax`. */
export function softmax(context: GpuContext, out: Tensor, x: Tensor): void {
  const C = x.shape.at(-1)!;
  scoreSoftmax(context, {
    out: viewOf(out),
    x: viewOf(x),
    rows: x.size / C,
    C,
    scale: 1,
  });
}

/** Bias of attention scores, `[1 | B, 1 | H, Lq, C]`. */
export interface ScoreBias {
  readonly view: View;
  readonly length: number;
  readonly H: number;
  readonly batchStride: number;
  readonly headStride: number;
  /** Batch times H plus head of row 0, whose query is 0 of those in `view`. */
  readonly headFirst: number;
}

/** Softmax of `scale x + bias`, row by row. */
export function scoreSoftmax(
  context: GpuContext,
  { out, x, rows, C, scale, bias, queries = rows }: {
    out: View;
    x: View;
    rows: number;
    C: number;
    scale: number;
    bias?: ScoreBias | undefined;
    /** Queries of each head among the rows. */
    queries?: number;
  },
): void {
  const shape = rowShape(context, C);
  const added = bias === undefined
    ? {
      binding: {
        storage: context.empty,
        offset: 0,
        size: context.empty.capacity,
      },
      first: 0,
    }
    : bind(context, bias.view, bias.length);
  forRows(context, { rows, C }, (start, count) => {
    const from = bind(context, shifted(x, start * C), count * C);
    const to = bind(context, shifted(out, start * C), count * C);
    context.run({
      variant: variant("softmax", softmaxWgsl, { shape }),
      reads: [from.binding, added.binding],
      writes: [to.binding],
      ints: [
        count,
        C,
        from.first,
        to.first,
        Number(bias !== undefined),
        queries,
        bias?.H ?? 1,
        bias?.headFirst ?? 0,
        start,
        added.first,
        bias?.batchStride ?? 0,
        bias?.headStride ?? 0,
      ],
      floats: [scale],
      workgroups: Math.ceil(count / shape.ROWS),
      work: count * C * 24,
    });
  });
}

/** Calls `body` for groups of rows that can be bound. */
function forRows(
  context: GpuContext,
  { rows, C }: { rows: number; C: number },
  body: (start: number, rows: number) => void,
): void {
  const most = Math.floor(maxElements(context, "f32") / C);
  if (most === 0) {
    throw new RangeError(
      `Cannot reduce a row as ${C} elements exceed what the device binds: got ${context.maxBindingBytes} bytes`,
    );
  }
  forParts(rows, most, body);
}
