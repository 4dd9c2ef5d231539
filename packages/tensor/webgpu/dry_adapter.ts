/**
 * An adapter whose devices allocate and compute nothing, with the limits and
 * features of another: what a device does with buffers can then be counted.
 *
 * @param like Adapter to look like.
 * @returns The adapter.
 */
export function dryAdapter(
  like: Pick<GPUAdapter, "limits" | "features" | "info">,
): GPUAdapter {
  const { limits, features, info } = like;
  const requestDevice: GPUAdapter["requestDevice"] = (wanted) =>
    Promise.resolve(dryGpu(limits, new Set(wanted?.requiredFeatures)));
  return { limits, features, info, requestDevice } as GPUAdapter;
}

function dryGpu(
  limits: GPUSupportedLimits,
  features: ReadonlySet<string>,
): GPUDevice {
  const known: Partial<Record<string | symbol, unknown>> = {
    then: undefined, // it is no promise
    limits,
    features,
    lost: new Promise(() => {}),
    popErrorScope: () => Promise.resolve(null),
    createBuffer: () => ({ destroy() {} }),
  };
  return new Proxy({}, {
    get: (_, name) => name in known ? known[name] : nothing,
  }) as GPUDevice;
}

/** Any object or function, whose members and results are the same again. */
const nothing: object = new Proxy(() => nothing, {
  get: (_, name) => name === "then" ? undefined : nothing,
});
