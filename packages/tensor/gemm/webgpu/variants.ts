import type { GemmCapabilities } from "../../webgpu/context.ts";
import type { MatrixUnit } from "../../webgpu/matrix_units.ts";
import type { GemmShape } from "../../webgpu/tuned_shape.ts";
import type { GemmSpec } from "../wgsl/common.ts";
import { gemmMatrixBytes, gemmMatrixWgsl } from "../wgsl/matrix.ts";
import type { GemmMatrixTile } from "../wgsl/matrix_dialect.ts";
import { gemmShuffleWgsl } from "../wgsl/shuffle.ts";
import { type GemmTile, gemmTileWgsl } from "../wgsl/tile.ts";

/** A kernel for matrix products and its tile. */
export interface GemmVariant {
  /** E.g. `"tile:64x64"`. */
  readonly name: string;
  /** Rows of `out` that a workgroup computes. */
  readonly rows: number;
  /** Columns of `out` that a workgroup computes. */
  readonly columns: number;
  /** What factors are rounded to; `f16` wants `a` packed. */
  readonly factors: "f32" | "f16";
  /** What keeps a product from running on it, if anything. */
  lacks(shape: GemmShape): string | undefined;
  /** Its program. */
  wgsl(spec: GemmSpec): string;
}

const SQUARE_64: GemmTile = {
  rows: 64,
  columns: 64,
  rowsEach: 4,
  columnsEach: 4,
  depth: 32,
};

/** Register tiles: square ones, and thin ones for few rows or columns. */
const TILES: readonly GemmTile[] = [
  SQUARE_64,
  { ...SQUARE_64, columns: 16, depth: 16 },
  { ...SQUARE_64, rows: 16, depth: 16 },
  { rows: 128, columns: 64, rowsEach: 8, columnsEach: 4, depth: 16 },
  { rows: 128, columns: 128, rowsEach: 8, columnsEach: 8, depth: 16 },
];

type Blocks = Pick<
  GemmMatrixTile,
  "rows" | "columns" | "depth" | "down" | "across"
>;

/** Tiles of matrix units with f16 factors, the general one first. */
const HALF_BLOCKS: readonly Blocks[] = [
  { rows: 128, columns: 128, depth: 32, down: 2, across: 2 },
  { rows: 128, columns: 128, depth: 32, down: 2, across: 4 },
  { rows: 128, columns: 256, depth: 32, down: 2, across: 4 },
  { rows: 64, columns: 128, depth: 16, down: 1, across: 8 },
  { rows: 64, columns: 64, depth: 32, down: 2, across: 2 },
];

/** Tiles of matrix units with f32 factors. */
const SINGLE_BLOCKS: readonly Blocks[] = [
  { rows: 64, columns: 64, depth: 16, down: 2, across: 2 },
  { rows: 32, columns: 64, depth: 16, down: 1, across: 4 },
];

/** Wider subgroups would need more registers than there are. */
const MAX_SHUFFLE_LANES = 16;

const known = new WeakMap<GemmCapabilities, readonly GemmVariant[]>();

/** Every variant that a device can run, those with matrix units first. */
export function gemmVariants(
  device: GemmCapabilities,
): readonly GemmVariant[] {
  let variants = known.get(device);
  if (variants === undefined) {
    variants = [
      ...device.matrixUnits.flatMap((unit) => matrixVariants(device, unit)),
      ...TILES.map(tileVariant),
      ...shuffleVariants(device),
    ];
    known.set(device, variants);
  }
  return variants;
}

/** The variant of a tile of matrices. */
export function matrixVariant(tile: GemmMatrixTile): GemmVariant {
  const { rows, columns, depth, down, across, unit } = tile;
  const half = unit.type === "f16";
  return {
    name: `matrix:${unit.type}:${rows}x${columns}x${depth}:${down}x${across}`,
    rows,
    columns,
    factors: unit.type,
    lacks({ bType, channels = 8 }) {
      if (half && bType === "f32") return "a second factor of 16 bits";
      if (half && channels % 8 !== 0) return "channels in multiples of 8";
    },
    wgsl: (spec) => gemmMatrixWgsl({ ...spec, ...tile }),
  };
}

function matrixVariants(
  { matrixLanes, workgroupBytes }: GemmCapabilities,
  unit: MatrixUnit,
): GemmVariant[] {
  const blocks = unit.type === "f16" ? HALF_BLOCKS : SINGLE_BLOCKS;
  return blocks.map((block) => ({ ...block, unit, lanes: matrixLanes }))
    .filter((tile) =>
      gemmMatrixBytes(tile) <= workgroupBytes &&
      tile.rows / tile.down % unit.M === 0 &&
      tile.columns / tile.across % unit.N === 0 && tile.depth % unit.K === 0
    )
    .map(matrixVariant);
}

function tileVariant(tile: GemmTile): GemmVariant {
  const { rows, columns } = tile;
  return {
    name: `tile:${rows}x${columns}`,
    rows,
    columns,
    factors: "f32",
    lacks: () => undefined,
    wgsl: (spec) => gemmTileWgsl({ ...spec, ...tile }),
  };
}

function shuffleVariants(
  { subgroupSize: lanes }: GemmCapabilities,
): GemmVariant[] {
  if (lanes === 0 || lanes > MAX_SHUFFLE_LANES) return [];
  return [1, 4, lanes, 2 * lanes, 3 * lanes, 4 * lanes].map((rows) => ({
    name: `shuffle:${rows}`,
    rows,
    columns: 4 * lanes,
    factors: "f32",
    lacks: () => undefined,
    wgsl: (spec) => gemmShuffleWgsl({ ...spec, lanes, rows }),
  }));
}
