import { cast, scope, Tensor } from "@edit-transfer/tensor";
import { assertRelative, randomArray } from "@edit-transfer/testing";
import { namedVariant } from "../../gemm/webgpu/choice.ts";
import { gemm } from "../../gemm/webgpu/gemm.ts";
import { matrixVariant } from "../../gemm/webgpu/variants.ts";
import { gpuTest } from "../../webgpu/_test_device.ts";
import { viewOf } from "../../webgpu/view.ts";

const EMULATED = matrixVariant({
  rows: 32,
  columns: 32,
  depth: 32,
  down: 1,
  across: 2,
  lanes: 32,
  unit: { type: "f16", M: 16, N: 16, K: 16 },
  emulate: true,
});

for (
  const [name, Cin, limit] of [
    ["tile:64x64", 8, 1e-6],
    ["tile:64x64", 3, 1e-6],
    ["emulated f16 units", 8, 2e-3],
  ] as const
) {
  gpuTest(
    `conv2d of ${Cin} channels on ${name} matches float64`,
    {},
    async (gpu) => {
      const [B, inH, inW, Cout, kh, kw] = [2, 9, 7, 20, 3, 3] as const;
      const [outH, outW, stride, pad] = [5, 4, 2, 1] as const;
      const K = kh * kw * Cin;
      const image = inH * inW * Cin;
      // the images differ by a factor of 300,000
      const xValues = randomArray(1, B * image).map((value, i) =>
        value * (i < image ? 300 : 1e-3)
      );
      using x = Tensor.from(gpu, xValues);
      using weight = scope(() =>
        cast(Tensor.from(gpu, randomArray(2, Cout * K)), "f16")
      );
      using widened = cast(weight, "f32");
      using out = new Tensor(gpu, [B, outH, outW, Cout]);
      gemm(gpu, {
        out: viewOf(out),
        a: viewOf(x),
        b: viewOf(weight),
        batch: 1,
        M: B * outH * outW,
        N: Cout,
        K,
        transposeB: true,
        aBatch: 0,
        bBatch: 0,
        outBatch: 0,
        lda: 0,
        ldb: K,
        ldo: Cout,
        windows: {
          inH,
          inW,
          Cin,
          kh,
          kw,
          outH,
          outW,
          stride,
          padTop: pad,
          padLeft: pad,
        },
        choice: name === "tile:64x64"
          ? namedVariant(gpu, name)
          : { variant: EMULATED, slices: 1 },
      });
      const w = await widened.data();
      const actual = await out.data();
      for (let b = 0; b < B; b++) {
        const expected: number[] = [];
        for (let p = 0; p < outH * outW; p++) {
          for (let o = 0; o < Cout; o++) {
            let sum = 0;
            for (let tap = 0; tap < kh * kw; tap++) {
              const y = Math.floor(p / outW) * stride + Math.floor(tap / kw) -
                pad;
              const column = p % outW * stride + tap % kw - pad;
              if (y < 0 || y >= inH || column < 0 || column >= inW) continue;
              for (let c = 0; c < Cin; c++) {
                sum += xValues[((b * inH + y) * inW + column) * Cin + c]! *
                  w[o * K + tap * Cin + c]!;
              }
            }
            expected.push(sum);
          }
        }
        const from = b * expected.length;
        assertRelative(
          actual.slice(from, from + expected.length),
          expected,
          limit,
        );
      }
    },
  );
}
