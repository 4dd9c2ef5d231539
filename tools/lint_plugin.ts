/**
 * House rules that `deno lint` enforces: who may import whom, and how errors
 * read.
 */

/** Packages each package may import. Downward only, so no cycles. */
export const LAYERS: Record<string, readonly string[]> = {
  files: [],
  terminal: ["files"],
  micro: ["files"],
  weights: ["files"],
  image: ["files"],
  hub: ["files"],
  tensor: ["weights", "files"],
  text: ["tensor", "weights", "files"],
  vae: ["tensor", "weights", "files"],
  dit: ["tensor", "weights", "files"],
  lora: ["tensor", "weights", "files"],
  flow: ["tensor", "weights", "files"],
  composite: ["tensor", "image"],
  metrics: ["image"],
  clip: ["text", "tensor", "metrics", "image", "weights", "files"],
  people: ["image", "files", "metrics"],
  curation: ["metrics", "image"],
  figures: ["image", "files"],
  dataset: ["image", "weights", "composite", "files"],
  pipeline: [
    "text",
    "vae",
    "dit",
    "lora",
    "flow",
    "composite",
    "metrics",
    "tensor",
    "image",
    "weights",
    "files",
  ],
  convert: ["pipeline", "text", "weights", "files"],
  training: [
    "pipeline",
    "text",
    "dataset",
    "figures",
    "dit",
    "lora",
    "flow",
    "composite",
    "tensor",
    "image",
    "weights",
    "files",
  ],
  plan: ["pipeline", "convert", "training", "composite", "tensor", "image"],
  transfer: ["pipeline", "plan", "micro", "tensor", "image", "files"],
  evaluate: [
    "files",
    "image",
    "figures",
    "metrics",
    "tensor",
    "pipeline",
    "transfer",
  ],
  statistics: [],
  judge: ["files", "image", "metrics", "dataset", "hub", "statistics"],
  study: ["files", "image", "dataset", "statistics"],
  store: ["files"],
  queue: ["store", "files"],
  baselines: [
    "evaluate",
    "transfer",
    "pipeline",
    "dit",
    "flow",
    "composite",
    "tensor",
    "image",
    "files",
  ],
  cli: [
    "files",
    "terminal",
    "transfer",
    "pipeline",
    "convert",
    "plan",
    "figures",
    "image",
    "tensor",
    "weights",
    "lora",
    "hub",
    "evaluate",
    "judge",
    "study",
    "statistics",
    "dataset",
    "store",
    "queue",
    "baselines",
    "clip",
    "people",
  ],
  train: [
    "training",
    "plan",
    "terminal",
    "micro",
    "pipeline",
    "tensor",
    "weights",
    "hub",
    "files",
  ],
};

/** A test, `foo_test.ts`, or what only tests import, `_test_foo.ts`. */
const TEST_FILE = /(_test|\/_test_\w+)\.ts$/;

const BUILT_IN = /^(Error|TypeError|RangeError|SyntaxError)$/;

const plugin: Deno.lint.Plugin = {
  name: "house",
  rules: {
    "layers": {
      create(context) {
        const own =
          context.filename.match(/\/(?:packages|apps)\/(\w+)\//)?.[1] ??
            context.filename.match(/\/models\/(\w+)\/[^/]+$/)?.[1] ?? "";
        const allowed = LAYERS[own];
        if (allowed === undefined || TEST_FILE.test(context.filename)) {
          return {};
        }
        const check = (
          source: Deno.lint.StringLiteral | Deno.lint.Expression | null,
        ) => {
          if (source?.type !== "Literal") return;
          const name = String(source.value).match(
            /^@edit-transfer\/([\w-]+)/,
          )?.[1];
          if (name === undefined || allowed.includes(name)) return;
          context.report({
            node: source,
            message: `Package "${own}" must not import "${name}"`,
            hint: `It may import: ${allowed.join(", ") || "nothing"}`,
          });
        };
        return {
          ImportDeclaration: (node) => check(node.source),
          ImportExpression: (node) => check(node.source),
          ExportNamedDeclaration: (node) => check(node.source),
          ExportAllDeclaration: (node) => check(node.source),
        };
      },
    },
    "optional-property": {
      create(context) {
        if (TEST_FILE.test(context.filename)) return {};
        return {
          TSPropertySignature(node) {
            if (!node.optional) return;
            const type = node.typeAnnotation?.typeAnnotation;
            if (type === undefined) return;
            const text = context.sourceCode.getText(type);
            const wants = (
              message: string,
              fix: (fixer: Deno.lint.Fixer) => Deno.lint.Fix,
            ) => context.report({ node, message, fix });
            if (!/(^|\W)(undefined|unknown)(\W|$)/.test(text)) {
              const wrap = /=>/.test(text);
              wants(
                "Optional property must take undefined, so that callers need no conditional spread",
                (fixer) =>
                  fixer.replaceText(
                    type,
                    `${wrap ? `(${text})` : text} | undefined`,
                  ),
              );
            } else if (!node.readonly) {
              wants(
                "Optional property must be readonly",
                (fixer) => fixer.insertTextBefore(node, "readonly "),
              );
            }
          },
        };
      },
    },
    "error-message": {
      create(context) {
        return {
          NewExpression(node) {
            if (
              node.callee.type !== "Identifier" ||
              !BUILT_IN.test(node.callee.name)
            ) return;
            const [argument] = node.arguments;
            const text = argument?.type === "Literal"
              ? argument.value
              : argument?.type === "TemplateLiteral"
              ? argument.quasis.map((part) => part.cooked).join("x")
              : undefined;
            if (typeof text !== "string" || text === "") return;
            const fault = !/^[A-Z]/.test(text)
              ? "start with a capital letter"
              : /[.!]$/.test(text)
              ? "end without a period"
              : /\w'\w/.test(text)
              ? "use no contraction"
              : undefined;
            if (fault === undefined) return;
            context.report({
              node: argument!,
              message: `Error message must ${fault}`,
            });
          },
        };
      },
    },
  },
};

export default plugin;
