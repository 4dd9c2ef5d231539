/**
 * Import circles among the project's own modules, types and dynamic imports
 * included: there are none, or they are listed and the exit code is 1.
 *
 * Usage: deno run -A tools/check_circles.ts packages/*\/mod.ts apps/*\/main.ts
 */
import { spawnSync } from "node:child_process";
import { relative } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

/** Module addresses and the addresses that each imports. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/**
 * Strongly connected components of more than one module, or of one that
 * imports itself. Source: R. Tarjan, "Depth-first search and linear graph
 * algorithms", SIAM J. Comput. 1 (1972).
 */
export function circles(graph: ImportGraph): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (name: string): void => {
    order.set(name, order.size);
    low.set(name, order.get(name)!);
    stack.push(name);
    const imports = graph.get(name) ?? [];
    for (const next of imports) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) {
        low.set(name, Math.min(low.get(name)!, low.get(next)!));
      }
    }
    if (low.get(name) !== order.get(name)) return;
    const members = stack.splice(stack.indexOf(name));
    if (members.length > 1 || imports.includes(name)) found.push(members);
  };
  for (const name of graph.keys()) if (!order.has(name)) visit(name);
  return found;
}

interface Dependency {
  readonly code?: { readonly specifier?: string | undefined } | undefined;
  readonly type?: { readonly specifier?: string | undefined } | undefined;
}

interface Info {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly Dependency[] | undefined;
  }[];
}

/** Imports of the modules below a folder that are reachable from `roots`. */
function readGraph(roots: readonly string[], folder: string): ImportGraph {
  const graph = new Map<string, string[]>();
  for (const root of roots) {
    const { stdout, status } = spawnSync(
      Deno.execPath(),
      ["info", "--json", root],
      { encoding: "utf8", maxBuffer: 2 ** 28 },
    );
    if (status !== 0) throw new Error(`Cannot read the imports of "${root}"`);
    for (
      const { specifier, dependencies } of (JSON.parse(stdout) as Info).modules
    ) {
      if (!specifier.startsWith(folder)) continue;
      const imports = (dependencies ?? []).flatMap(({ code, type }) =>
        [code?.specifier, type?.specifier].filter((next) =>
          next?.startsWith(folder)
        ) as string[]
      );
      graph.set(specifier, imports);
    }
  }
  return graph;
}

if (import.meta.main) {
  const folder = pathToFileURL(`${process.cwd()}/`).href;
  const graph = readGraph(process.argv.slice(2), folder);
  const found = circles(graph);
  for (const members of found) {
    const names = members.map((name) =>
      relative(process.cwd(), new URL(name).pathname)
    );
    process.stderr.write(`circle of ${names.length}: ${names.join(", ")}\n`);
  }
  process.stdout.write(`${graph.size} modules, ${found.length} circles\n`);
  process.exit(found.length === 0 ? 0 : 1);
}
