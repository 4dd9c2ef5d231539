/**
 * Whether a pattern fits a whole text: `*` is any text, `?` one character. It
 * takes at most the product of both lengths, whatever the text.
 */
export function fitsPattern(text: string, pattern: string): boolean {
  let at = 0;
  let star = -1; // place of the last `*`, and of the text behind what it is
  let resume = 0;
  for (let i = 0; i < text.length;) {
    if (pattern[at] === "*") {
      star = at++;
      resume = i;
    } else if (pattern[at] === "?" || pattern[at] === text[i]) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++resume;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}
