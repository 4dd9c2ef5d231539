/** Thrown when the shapes given to an operation do not fit together. */
export class ShapeError extends TypeError {
  /** Always `"ShapeError"`. */
  override readonly name = "ShapeError";
  /** Shapes by argument name, as they were given. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;

  /**
   * Makes the message from the rule and the shapes.
   *
   * @param op Operation that refused, e.g. `"rmsNorm"`.
   * @param rule What has to hold, in dim letters, e.g. `"scale must be [D]"`.
   * @param shapes Shapes by argument name.
   */
  constructor(
    op: string,
    rule: string,
    shapes: Readonly<Record<string, readonly number[]>>,
  ) {
    const got = Object.entries(shapes)
      .map(([name, shape]) => `${name} [${shape.join(", ")}]`)
      .join(", ");
    super(`Cannot run ${op} as ${rule}: got ${got}`);
    this.shapes = shapes;
  }
}

/** Thrown when a device is missing, lost, or refuses work. */
export class DeviceError extends Error {
  /** `"DeviceError"`, or the name of a more specific class. */
  override readonly name: string = "DeviceError";
}

/** Thrown when a device has no memory left for a tensor. */
export class OutOfMemoryError extends DeviceError {
  /** Always `"OutOfMemoryError"`. */
  override readonly name = "OutOfMemoryError";
  /** Bytes that were asked for. */
  readonly sizeBytes: number;

  /**
   * Makes the message from the size.
   *
   * @param sizeBytes Bytes that were asked for.
   * @param usedBytes Bytes that live tensors already hold.
   * @param device Name of the device.
   */
  constructor(sizeBytes: number, usedBytes: number, device: string) {
    const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    super(
      `Cannot allocate ${
        mebibytes(sizeBytes)
      } on ${device} as memory ran out: ` +
        `${mebibytes(usedBytes)} are in use, choose a smaller panel size`,
    );
    this.sizeBytes = sizeBytes;
  }
}
