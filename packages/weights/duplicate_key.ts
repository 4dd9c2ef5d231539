/**
 * First key that occurs twice in one object of a JSON text; `JSON.parse` keeps
 * the last value and says nothing.
 *
 * The text must be valid JSON already.
 */
export function duplicateKey(json: string): string | undefined {
  const open: (Set<string> | undefined)[] = []; // keys of objects, none of arrays
  let keyNext = false;
  for (let i = 0; i < json.length; i++) {
    switch (json[i]) {
      case "{":
        open.push(new Set());
        keyNext = true;
        break;
      case "[":
        open.push(undefined);
        keyNext = false;
        break;
      case "}":
      case "]":
        open.pop();
        keyNext = false;
        break;
      case ",":
        keyNext = open.at(-1) !== undefined;
        break;
      case '"': {
        const end = stringEnd(json, i);
        if (keyNext) {
          const key: string = JSON.parse(json.slice(i, end));
          const keys = open.at(-1)!;
          if (keys.has(key)) return key;
          keys.add(key);
          keyNext = false;
        }
        i = end - 1;
      }
    }
  }
  return undefined;
}

/** Position behind the string literal that starts at `start`. */
function stringEnd(json: string, start: number): number {
  let i = start + 1;
  while (json[i] !== '"') i += json[i] === "\\" ? 2 : 1;
  return i + 1;
}
