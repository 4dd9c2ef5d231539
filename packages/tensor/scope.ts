/** Tensors made since each enclosing scope began, innermost last. */
const scopes: Set<Disposable>[] = [];

/** All tensors, to know one without importing its class, which imports this. */
const tensors = new WeakSet<object>();

/** Notes a new tensor in the innermost scope. */
export function track(tensor: Disposable): void {
  tensors.add(tensor);
  scopes.at(-1)?.add(tensor);
}

/** Forgets a tensor that was disposed by hand. */
export function untrack(tensor: Disposable): void {
  for (const scope of scopes) scope.delete(tensor);
}

/**
 * Takes a tensor out of all scopes, so that only its owner frees it.
 *
 * @param tensor Tensor to keep, of any shape `[...]`.
 * @returns The same tensor.
 *
 * @example Usage
 * ```ts
 * import { keep, openDevice, scope, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * let kept: Tensor | undefined;
 * scope(() => {
 *   kept = keep(Tensor.from(device, [1]));
 * });
 * assert.equal(kept?.disposed, false);
 * ```
 */
export function keep<T extends Disposable>(tensor: T): T {
  untrack(tensor);
  return tensor;
}

/**
 * Runs `body` and frees every tensor made in it, except those it returns.
 *
 * What is returned, directly or inside arrays, maps, sets and public properties
 * of objects, passes to the enclosing scope. Scopes nest. If `body` throws, all
 * of its tensors are freed.
 *
 * @param body Function that makes tensors; not asynchronous.
 * @returns What `body` returned.
 *
 * @throws {TypeError} If `body` returns a promise.
 *
 * @example Usage
 * ```ts
 * import { add, openDevice, scope, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * const sum = scope(() => {
 *   const a = Tensor.from(device, [1, 2]);
 *   const b = Tensor.from(device, [3, 4]);
 *   return add(a, b);
 * });
 * assert.deepEqual([...await sum.data()], [4, 6]);
 * assert.equal(device.memory.tensors, 1);
 * ```
 */
export function scope<T>(body: () => T): T {
  const made = new Set<Disposable>();
  const escaping = new Set<unknown>();
  scopes.push(made);
  try {
    const result = body();
    if (result instanceof Promise) {
      throw new TypeError(
        "Cannot free tensors as the body of a scope must not be asynchronous: got a promise",
      );
    }
    reach(result, escaping);
    return result;
  } finally {
    scopes.pop();
    for (const tensor of made) {
      if (escaping.has(tensor)) track(tensor);
      else tensor[Symbol.dispose]();
    }
  }
}

/** Adds what a value leads to through its public properties. */
function reach(value: unknown, seen: Set<unknown>): void {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if (tensors.has(value) || ArrayBuffer.isView(value)) return;
  const items = value instanceof Map || value instanceof Set
    ? [...value]
    : Object.values(value);
  for (const item of items) reach(item, seen);
}
