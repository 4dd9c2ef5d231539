import assert from "node:assert/strict";
import { include } from "./include.ts";

const SHARED = `// shared: what two kernels need.

const N = 4u; // @spec
fn twice(v : f32) -> f32 {
  return 2.0 * v; // $& is not special
}
`;

const KERNEL = `// kernel: an example.

const N = 1u; // @include shared.wgsl
fn twice(v : f32) -> f32 { return v; } // @include shared.wgsl

fn main() {}
`;

Deno.test("include() puts the file in place of the lines that stand for it", () => {
  assert.equal(
    include(KERNEL, ["shared.wgsl", SHARED]),
    `// kernel: an example.\n\n${SHARED}\nfn main() {}\n`,
  );
});

Deno.test("include() throws if no line stands for the file", () => {
  assert.throws(() => include("fn main() {}", ["shared.wgsl", SHARED]), {
    name: "RangeError",
    message: "Cannot include shared.wgsl as no line stands for it",
  });
});

Deno.test("include() throws if the file does not declare what stands for it", () => {
  const line =
    "fn thrice(v : f32) -> f32 { return v; } // @include shared.wgsl";
  assert.throws(() => include(line, ["shared.wgsl", SHARED]), {
    name: "RangeError",
    message: `Cannot include shared.wgsl as it does not declare: got "${line}"`,
  });
});
