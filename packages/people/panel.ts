import type { Image } from "@edit-transfer/image";
import type { Person } from "./person.ts";

/** A picture and who is in it. */
export interface Panel {
  /** The picture, `[h, w, 3]`. */
  readonly image: Image;
  /** Who is in it. */
  readonly person: Person;
  /** How surely each pixel shows a person, `[h, w]` values in 0 to 255. */
  readonly mask: Uint8Array;
}

/** A picture and its mask in coarse cells, so that fine texture does not count. */
export interface Cells {
  /** Cells of a row. */
  readonly columns: number;
  /** Cells of a column. */
  readonly rows: number;
  /** Mean levels, `[rows, columns, 3]`. */
  readonly colours: Float32Array;
  /** Whether a cell shows a person, `[rows, columns]`. */
  readonly isPerson: Uint8Array;
}

/** Cells of the shorter side, at most. */
const CELLS = 126;
/** Level of the mask from which on a cell shows a person. */
const PERSON = 64;

/** A panel in cells of 1/126 of its shorter side. */
export function cellsOf({ image, mask }: Panel): Cells {
  const { width, height, data } = image;
  const size = Math.max(1, Math.floor(Math.min(width, height) / CELLS));
  const [columns, rows] = [Math.floor(width / size), Math.floor(height / size)];
  const colours = new Float32Array(rows * columns * 3);
  const isPerson = new Uint8Array(rows * columns);
  for (let cell = 0; cell < isPerson.length; cell++) {
    const left = (cell % columns) * size;
    const top = Math.floor(cell / columns) * size;
    let people = 0;
    for (let y = top; y < top + size; y++) {
      for (let x = left; x < left + size; x++) {
        const at = y * width + x;
        people += mask[at]!;
        for (let c = 0; c < 3; c++) {
          colours[3 * cell + c]! += data[3 * at + c]! / size ** 2;
        }
      }
    }
    isPerson[cell] = people > PERSON * size ** 2 ? 1 : 0;
  }
  return { columns, rows, colours, isPerson };
}
