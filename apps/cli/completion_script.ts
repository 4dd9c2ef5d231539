import type { Command } from "commander";

/** Shells whose completion can be written. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** One of {@linkcode SHELLS}. */
export type Shell = typeof SHELLS[number];

/** A command as completion sees it. */
interface Node {
  /** Names from the program's on, e.g. `lora inspect`; empty for the program. */
  readonly path: string;
  readonly commands: readonly string[];
  readonly flags: readonly Flag[];
}

interface Flag {
  readonly names: readonly string[];
  readonly about: string;
  /** Values that it may have, if they are listed. */
  readonly choices: readonly string[];
  readonly takesValue: boolean;
}

/** The completion script of a shell, from the tree of commands. */
export function completionScript(program: Command, shell: Shell): string {
  const nodes = nodesOf(program, "");
  if (shell === "fish") return fish(program.name(), nodes);
  const script = bash(program.name(), nodes);
  return shell === "bash"
    ? script
    : `#compdef ${program.name()}\nautoload -U +X bashcompinit && bashcompinit\n${script}`;
}

function nodesOf(command: Command, path: string): Node[] {
  const flags = command.options.filter(({ hidden }) => !hidden).map((
    { short, long, description, argChoices = [], required, optional },
  ): Flag => ({
    names: [short, long].filter((name) => name !== undefined && name !== null),
    about: description,
    choices: argChoices,
    takesValue: required || optional,
  }));
  flags.push({
    names: ["-h", "--help"],
    about: "display help",
    choices: [],
    takesValue: false,
  });
  const commands = command.commands.map((one) => one.name());
  return [
    { path, commands, flags },
    ...command.commands.flatMap((one) =>
      nodesOf(one, `${path} ${one.name()}`.trim())
    ),
  ];
}

function bash(name: string, nodes: readonly Node[]): string {
  const id = name.replaceAll("-", "_");
  const words = nodes.map(({ path, commands, flags }) => {
    const all = [...commands, ...flags.flatMap(({ names }) => names)];
    return `    ${JSON.stringify(path)}) words="${all.join(" ")}" ;;`;
  });
  const values = nodes.flatMap(({ path, flags }) =>
    flags.filter(({ choices }) => choices.length > 0).map((
      { names, choices },
    ) =>
      `    ${
        names.map((flag) => JSON.stringify(`${path} ${flag}`)).join("|")
      }) words="${choices.join(" ")}" ;;`
    )
  );
  const groups = nodes.filter(({ commands }) => commands.length > 0)
    .map(({ path }) => path).filter((path) => path !== "");
  return `_${id}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  local path="" words=""
  if [ "$COMP_CWORD" -gt 1 ]; then path="\${COMP_WORDS[1]}"; fi
  case "$path" in ${groups.join("|") || "-"})
    if [ "$COMP_CWORD" -gt 2 ]; then path="$path \${COMP_WORDS[2]}"; fi ;;
  esac
  case "$path" in
${words.join("\n")}
  esac
  case "$path $before" in
${values.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _${id} ${name}
`;
}

function fish(name: string, nodes: readonly Node[]): string {
  const quoted = (text: string) =>
    `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const when = (path: string, own: readonly string[]) => {
    const [first, second] = path.split(" ");
    if (path === "") return "__fish_use_subcommand";
    const seen = `__fish_seen_subcommand_from ${first}`;
    if (second !== undefined) {
      return `${seen}; and __fish_seen_subcommand_from ${second}`;
    }
    return own.length === 0
      ? seen
      : `${seen}; and not __fish_seen_subcommand_from ${own.join(" ")}`;
  };
  return nodes.flatMap(({ path, commands, flags }) => {
    const condition = quoted(when(path, commands));
    return [
      ...commands.map((one) =>
        `complete -c ${name} -f -n ${condition} -a ${one}`
      ),
      ...flags.map(({ names, about, choices, takesValue }) => {
        const forms = names.map((one) =>
          one.startsWith("--") ? `-l ${one.slice(2)}` : `-s ${one.slice(1)}`
        );
        const value = choices.length > 0
          ? ` -x -a ${quoted(choices.join(" "))}`
          : takesValue
          ? " -r"
          : "";
        return `complete -c ${name} -n ${condition} ${
          forms.join(" ")
        }${value} -d ${quoted(about)}`;
      }),
    ];
  }).join("\n") + "\n";
}
