import { randomArray } from "@edit-transfer/testing";
import * as reference from "../ops/_reference.ts";
import { mul } from "../ops/binary/binary.ts";
import { cast } from "../ops/cast/cast.ts";
import { concat } from "../ops/concat/concat.ts";
import { gather } from "../ops/gather/gather.ts";
import { pad } from "../ops/pad/pad.ts";
import { permute } from "../ops/permute/permute.ts";
import { rope } from "../ops/rope/rope.ts";
import { slice } from "../ops/slice/slice.ts";
import { softmax } from "../ops/softmax/softmax.ts";
import { split } from "../ops/split/split.ts";
import { square } from "../ops/unary/unary.ts";
import { upsampleNearest2d } from "../ops/upsample_nearest2d/upsample_nearest2d.ts";
import { Tensor } from "../tensor.ts";
import { at, type Case, each, testGradients } from "./_test_gradients.ts";

const CASES: readonly Case[] = [
  {
    name: "rope",
    shapes: [[2, 2, 3, 4]],
    run: (x) => {
      const angles = randomArray(9, 6);
      using cos = Tensor.from(x!.device, angles.map(Math.cos), {
        shape: [3, 2],
      });
      using sin = Tensor.from(x!.device, angles.map(Math.sin), {
        shape: [3, 2],
      });
      return rope(x!, cos, sin);
    },
    expected: (x) => {
      const angles = randomArray(9, 6);
      const cos = Float32Array.from(angles, Math.cos);
      const sin = Float32Array.from(angles, Math.sin);
      return each([2, 2, 3, 2, 2], ([b, h, l, d, odd]) => {
        const first = at(x!, [b!, h!, l!, d!, 0], [2, 2, 3, 2, 2]);
        const second = at(x!, [b!, h!, l!, d!, 1], [2, 2, 3, 2, 2]);
        const angle = l! * 2 + d!;
        return odd === 0
          ? first * cos[angle]! - second * sin[angle]!
          : first * sin[angle]! + second * cos[angle]!;
      });
    },
  },
  {
    name: "upsampleNearest2d",
    shapes: [[2, 2, 3, 2]],
    run: (x) => upsampleNearest2d(x!, 3),
    expected: (x) =>
      each(
        [2, 6, 9, 2],
        ([b, i, j, c]) =>
          at(x!, [b!, Math.floor(i! / 3), Math.floor(j! / 3), c!], [
            2,
            2,
            3,
            2,
          ]),
      ),
  },
  {
    name: "gather",
    shapes: [[4, 3]],
    run: (table) => {
      using indices = Tensor.from(table!.device, [2, 0, 2, 2, 3, 0], {
        shape: [2, 3],
        dtype: "i32",
      });
      return gather(table!, indices);
    },
    expected: (table) =>
      [2, 0, 2, 2, 3, 0].flatMap((i) =>
        Array.from(table!).slice(3 * i, 3 * i + 3)
      ),
  },
  {
    name: "concat",
    shapes: [[2, 1, 2], [2, 3, 2]],
    run: (a, b) => concat([a!, b!], 1),
    expected: (a, b) =>
      each(
        [2, 4, 2],
        ([i, j, k]) =>
          j! < 1
            ? at(a!, [i!, j!, k!], [2, 1, 2])
            : at(b!, [i!, j! - 1, k!], [2, 3, 2]),
      ),
  },
  {
    name: "slice",
    shapes: [[2, 5, 2]],
    run: (x) => slice(x!, 1, { start: 1, end: 3 }),
    expected: (x) =>
      each([2, 2, 2], ([i, j, k]) => at(x!, [i!, j! + 1, k!], [2, 5, 2])),
  },
  {
    name: "split, of which a part is not used",
    shapes: [[2, 6]],
    run: (x) => {
      const [a, b, c] = split(x!, 1, [2, 2, 2]);
      using _ = b!;
      return mul(a!, c!);
    },
    expected: (x) =>
      each(
        [2, 2],
        ([i, j]) => at(x!, [i!, j!], [2, 6]) * at(x!, [i!, j! + 4], [2, 6]),
      ),
  },
  {
    name: "pad",
    shapes: [[2, 3]],
    run: (x) => pad(x!, [[1, 0], [2, 1]], { value: 3 }),
    expected: (x) =>
      each(
        [3, 6],
        ([i, j]) =>
          i! >= 1 && j! >= 2 && j! < 5 ? at(x!, [i! - 1, j! - 2], [2, 3]) : 3,
      ),
  },
  {
    name: "permute",
    shapes: [[2, 3, 4]],
    run: (x) => permute(x!, [2, 0, 1]),
    expected: (x) =>
      each([4, 2, 3], ([k, i, j]) => at(x!, [i!, j!, k!], [2, 3, 4])),
  },
  {
    name: "reshape",
    shapes: [[2, 6]],
    run: (x) => softmax(x!.reshape([4, 3])),
    expected: (x) => reference.rows(x!, 3, reference.softmaxRow),
  },
  {
    name: "cast",
    shapes: [[4]],
    run: (x) => cast(square(x!), "f32"),
    expected: (x) => Array.from(x!, (v) => v * v),
  },
];

CASES.forEach(testGradients);
