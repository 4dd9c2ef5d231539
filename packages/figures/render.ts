import sharp from "sharp";
import { draw } from "./draw.ts";
import type { State } from "./state.ts";

/** An RGB picture of 8 bits a channel, rows from the top. */
export interface Raster {
  /** Levels, [height, width, 3]. */
  readonly data: Uint8Array;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
}

async function rasterise(svg: string): Promise<Raster> {
  const { data, info } = await sharp(new TextEncoder().encode(svg), {
    unlimited: true,
  })
    .flatten({ background: "#ffffff" }).removeAlpha().toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: info.width, height: info.height };
}

export async function render(
  state: State,
  { size = 64 }: { readonly size?: number } = {},
): Promise<Raster> {
  return await rasterise(draw(state, { size }));
}

export async function renderSheet(
  states: readonly State[],
  { size = 64 }: { readonly size?: number } = {},
): Promise<Uint8Array> {
  const columns = Math.min(states.length, Math.max(1, Math.floor(1024 / size)));
  const rows = Math.ceil(states.length / columns);
  const width = columns * size;
  const cells = states.map((state, i) =>
    draw(state, {
      size,
      at: { x: i % columns * size, y: Math.floor(i / columns) * size },
    })
  );
  const sheet = await rasterise(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${
      rows * size
    }">${cells.join("")}</svg>`,
  );
  const out = new Uint8Array(states.length * size * size * 3);
  const row = size * 3;
  for (let i = 0; i < states.length; i++) {
    const left = i % columns * row;
    const top = Math.floor(i / columns) * size;
    for (let y = 0; y < size; y++) {
      const from = (top + y) * width * 3 + left;
      out.set(sheet.data.subarray(from, from + row), (i * size + y) * row);
    }
  }
  return out;
}
