/**
 * Byte offsets of the control block at the start of the memory, by which the
 * threads agree on their work. Words that several threads write are kept on
 * cache lines of their own.
 */
export const CONTROL = {
  /** Counts jobs; threads sleep on it. */
  epoch: 0,
  /** Threads asleep. */
  sleeping: 4,
  /** 1 when the threads have to end. */
  stop: 8,
  /** 1 while tasks may be claimed. */
  open: 64,
  /** Threads that are claiming or running tasks. */
  active: 128,
  /** Next task to claim. */
  next: 192,
  /** Number of tasks. */
  count: 256,
  /** Kind of the tasks, see {@linkcode TASKS}. */
  kind: 260,
  /** Operands of the job: 48 words. */
  operands: 320,
  /** 64 bytes of zeros. */
  zeros: 512,
  /** Room of each thread for one register tile, {@linkcode SPILL_BYTES} each. */
  spill: 1024,
} as const;

/** Bytes of the room that a thread has for a register tile. */
export const SPILL_BYTES = 256;

/** Rows of the register tile: 6 × 2 sums, 2 of b and 1 of a fill 16 registers. */
export const TILE_ROWS = 6;
/** Columns of the register tile, and of a packed panel. */
export const PANEL = 8;
/** Steps of K in a block: a panel of 8 KiB stays in the first cache. */
export const BLOCK = 256;
/** Steps of K that are still one block. */
export const MAX_BLOCK = BLOCK * 3 / 2;

/** Rows for which the panels of a task are run through at a time. */
export const MAX_ROWS = 16 * TILE_ROWS;

/** Kinds of tasks, in the order of their numbers. */
export const TASKS = [
  "gemm",
  "attention",
  "conv2d",
  "pack",
  "pointwise",
  "pointwiseGradient",
  "softmaxRows",
  "softmaxGradientRows",
  "transposes",
] as const;

/**
 * Forms of a right operand, in the order of their numbers: in panels, else as
 * it is stored, `[K, N]` or, if its name ends so, `[N, K]`.
 */
export const FORMS = [
  "panels",
  "f32",
  "f32Transposed",
  "bf16",
  "bf16Transposed",
  "f16",
  "f16Transposed",
] as const;

/** Functions of one variable, in the order of their numbers. */
export const POINTWISE = [
  "exp",
  "tanh",
  "sigmoid",
  "silu",
  "gelu",
  "geluTanh",
  "quickGelu",
] as const;

/** Operands of each kind, in the order of their words; `scale` is f32. */
export const OPERANDS = {
  gemm: [
    "a", // address of [batch, M, K]
    "lda", // bytes between rows of a
    "aBatch", // bytes between matrices of a, 0 when shared
    "b", // address of [batch, K, N] in the form
    "form", // number of the form of b in FORMS
    "bBatch",
    "c", // address of [batch, M, N]
    "ldc", // bytes between rows of c
    "cBatch",
    "bias", // address of [N], or of zeros
    "init", // 0 begins with zeros, 1 with the bias, 2 with what c holds
    "M",
    "N",
    "K",
    "rows", // rows of a task
    "columns", // columns of a task, a multiple of 8
    "rowTasks",
    "columnTasks",
    "activation", // 1 + number of the function in POINTWISE, or 0
    "residual", // address of what c is added to, or 0; strides of c
    "gate", // address of [G, N], or 0
    "ldgate", // bytes between rows of the gate
    "gateRows", // rows of all c that share a row of the gate
    "scratch", // address of the panels of a form that is none
    "scratchBytes", // of one thread
  ],
  attention: [
    "q", // address of [B H, Lq, D]
    "k", // address of the packed [B H, D, Lk]
    "kHead", // bytes between heads of k
    "v", // address of the packed [B H, Lk, D]
    "vHead",
    "out", // address of [B H, Lq, D]
    "bias", // address of [1 | B, 1 | H, Lq, Lk], or 0
    "biasBatch", // bytes between samples, 0 when shared
    "biasHead", // bytes between heads, 0 when shared
    "H",
    "Lq",
    "Lk",
    "D",
    "scale",
    "rows", // query rows of a task
    "rowTasks",
    "scratch", // address of the scores, [threads, rows, Lk padded to 8]
    "scratchBytes", // of one thread
  ],
  conv2d: [
    "x", // address of [B, h, w, Cin]
    "weight", // address of the packed [kh kw Cin, Cout]
    "y", // address of [B, h', w', Cout]
    "bias",
    "biased",
    "h",
    "w",
    "Cin",
    "Cout",
    "kh",
    "kw",
    "stride",
    "top",
    "left",
    "outRows", // h'
    "outColumns", // w'
    "pixels", // B h' w'
    "rows", // pixels of a task
    "scratch", // address of the patches, [threads, rows, kh kw Cin]
    "scratchBytes", // of one thread
  ],
  pack: [
    "from", // address of [batch, K, N] in the form
    "form", // number of the form in FORMS
    "fromBatch",
    "to", // address of the packed [batch, K, N]
    "toBatch",
    "N",
    "K",
    "panels", // panels of a matrix
  ],
  pointwise: [
    "f", // number of the function in POINTWISE
    "y",
    "x",
    "n", // elements
    "chunk", // elements of a task, a multiple of 4
  ],
  softmaxRows: [
    "x", // address of rows of whole vectors, changed in place
    "rowBytes",
    "rows",
    "chunk", // rows of a task
    "scale",
  ],
  softmaxGradientRows: [
    "ds", // address of rows of whole vectors, changed in place
    "p", // address of the probabilities
    "rowBytes",
    "rows",
    "chunk", // rows of a task
    "scale",
  ],
  transposes: [
    "to", // address of [tasks, columns, rows]
    "from", // address of [tasks, rows, columns]
    "rows", // a multiple of 4
    "columns", // a multiple of 4
  ],
  pointwiseGradient: [
    "f", // number of the function in POINTWISE
    "dx",
    "x",
    "dy",
    "n", // elements
    "chunk", // elements of a task, a multiple of 4
  ],
} as const;

/** Reads one operand of a task. */
export function operand<Kind extends keyof typeof OPERANDS>(
  kind: Kind,
  name: (typeof OPERANDS)[Kind][number],
): string {
  const names: readonly string[] = OPERANDS[kind];
  const offset = CONTROL.operands + 4 * names.indexOf(name);
  return `(${name === "scale" ? "f32" : "i32"}.load (i32.const ${offset}))`;
}
