import type { LayerUpdate, LoraMatrix } from "./lora_file.ts";
import type { Piece } from "./lora_pieces.ts";
import type { LoraStyle } from "./lora_style.ts";

/** An array of an update. */
export interface PieceArray {
  readonly piece: Piece;
  readonly matrix: LoraMatrix;
  /** Shape in the file, if it is not the matrix's. */
  readonly shape?: readonly number[] | undefined;
}

/** The arrays that a style has for an update, but for its alpha. */
export function piecesOf(update: LayerUpdate, style: LoraStyle): PieceArray[] {
  const weight = Object.entries(weightPieces(update)) as [Piece, LoraMatrix?][];
  return [
    ...weight.flatMap(([piece, matrix]) => matrix ? [{ piece, matrix }] : []),
    ...vectorPieces(update, style),
  ];
}

function weightPieces(
  update: LayerUpdate,
): Partial<Record<Piece, LoraMatrix | undefined>> {
  switch (update.kind) {
    case "lowRank":
      return { A: update.A, B: update.B };
    case "hadamard":
      return {
        hada1a: update.w1a,
        hada1b: update.w1b,
        hada2a: update.w2a,
        hada2b: update.w2b,
      };
    case "kronecker": {
      const { w1: [a1, b1], w2: [a2, b2] } = update;
      return {
        ...b1 === undefined ? { w1: a1 } : { w1a: a1, w1b: b1 },
        ...b2 === undefined ? { w2: a2 } : { w2a: a2, w2b: b2 },
      };
    }
    case "full":
      return { diff: update.diff };
    default:
      return {};
  }
}

function vectorPieces(update: LayerUpdate, style: LoraStyle): PieceArray[] {
  const { bias, magnitude } = update;
  const pieces: PieceArray[] = [];
  if (update.kind === "gain") {
    const { values, replaces } = update;
    pieces.push(vector(replaces ? "gain" : "gainDiff", values));
  }
  if (bias !== undefined) {
    const beside = style === "peft" && update.kind === "lowRank" &&
      update.scaling !== 0;
    pieces.push(
      beside
        ? vector("B.bias", bias.map((value) => value / update.scaling))
        : vector("diffBias", bias),
    );
  }
  if (magnitude !== undefined) {
    const { values, axis } = magnitude;
    const n = values.length;
    pieces.push(
      style === "peft" && axis === "out"
        ? vector("magnitude", values)
        : vector("doraScale", values, axis === "out" ? [n, 1] : [1, n]),
    );
  }
  return pieces;
}

function vector(
  piece: Piece,
  data: Float32Array<ArrayBuffer>,
  shape: readonly number[] = [data.length],
): PieceArray {
  return {
    piece,
    matrix: { dtype: "F32", shape: [1, data.length], data },
    shape,
  };
}
