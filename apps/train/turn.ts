/** Lets signals in, as work on the cpu never yields to them. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
