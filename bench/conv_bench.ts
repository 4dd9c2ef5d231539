// Convolutions of the autoencoder, 3 × 3: those of FLUX.1-dev on a panel of 512
// pixels on a graphics card, else those of the embedded model and one of 64.
import { conv2d, type Device, Tensor } from "@edit-transfer/tensor";
import { openIfPresent } from "./open_if_present.ts";

/** `[side, channels in, channels out]`. */
const HARDWARE = [[512, 128, 128], [256, 256, 256], [64, 512, 512]] as const;
const SMALL = [[64, 16, 16], [16, 64, 64], [64, 64, 64]] as const;

for (const kind of ["cpu", "webgpu"] as const) {
  const device = await openIfPresent(kind);
  if (device === undefined) continue;
  const { software = true } = device as {
    readonly software?: boolean | undefined;
  };
  for (const [side, Cin, Cout] of software ? SMALL : HARDWARE) {
    const work = (18e-9 * side * side * Cin * Cout).toPrecision(4);
    const group = `conv2d ${side}², ${Cin} to ${Cout} channels, ${work} GFLOP`;
    let operands: readonly [x: Tensor, weight: Tensor] | undefined;
    Deno.bench({
      name: `${group} [${kind}]`,
      group,
      n: 10,
      warmup: 2,
      async fn(b) {
        const [x, weight] = operands ??= [
          filled(device, [1, side, side, Cin]),
          filled(device, [Cout, 3, 3, Cin]),
        ];
        b.start();
        conv2d(x, weight, { padding: 1 }).dispose(); // [1, side, side, Cout]
        await device.sync();
        b.end();
      },
    });
  }
}

function filled(device: Device, shape: readonly number[]): Tensor {
  const length = shape.reduce((a, b) => a * b, 1);
  const values = Float32Array.from({ length }, (_, i) => Math.sin(i % 65_521));
  return Tensor.from(device, values, { shape });
}
