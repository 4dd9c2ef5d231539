import type { GpuContext } from "./context.ts";
import { include } from "./include.ts";
import rows from "./rows.wgsl" with { type: "text" };
import type { KernelVariant } from "./variant.ts";
import { forParts, maxElements } from "./view.ts";

/** Invocations that share a row, and rows of a workgroup. */
export interface RowShape {
  readonly LANES: number;
  readonly ROWS: number;
}

/** Barriers are dear on software adapters, so there each row has one lane. */
export function rowShape({ software }: GpuContext, C: number): RowShape {
  if (software) return { LANES: 1, ROWS: 8 };
  return C > 256 ? { LANES: 64, ROWS: 1 } : { LANES: 16, ROWS: 4 };
}

const variants = new Map<string, KernelVariant>();

/**
 * The variant for a shape, and for elements taken `width` at a time, of a source
 * that includes `rows.wgsl`.
 */
export function rowVariant(
  name: string,
  source: string,
  { shape, width }: { shape: RowShape; readonly width?: number | undefined },
): KernelVariant {
  const key = `${name},${shape.LANES},${width}`;
  let found = variants.get(key);
  if (found === undefined) {
    found = {
      name,
      source: include(source, ["rows.wgsl", rows]),
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

/** Calls `body` for groups of rows that can be bound. */
export function forRows(
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
