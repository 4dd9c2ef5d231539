/** Value between places of a grid `[h · w]`, or of its border. */
export function bilinear(
  grid: Float32Array,
  { w, h, x, y }: {
    readonly w: number;
    readonly h: number;
    readonly x: number;
    readonly y: number;
  },
): number {
  const [u, v] = [
    Math.min(w - 1, Math.max(0, x)),
    Math.min(h - 1, Math.max(0, y)),
  ];
  const [x0, y0] = [Math.floor(u), Math.floor(v)];
  const [x1, y1] = [Math.min(w - 1, x0 + 1), Math.min(h - 1, y0 + 1)];
  const row = (y: number) =>
    grid[y * w + x0]! * (1 - u + x0) + grid[y * w + x1]! * (u - x0);
  return row(y0) * (1 - v + y0) + row(y1) * (v - y0);
}
