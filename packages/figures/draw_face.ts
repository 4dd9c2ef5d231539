import { INK, mix } from "./colour.ts";
import type { State } from "./state.ts";
import { ellipse, path, shape, stroke } from "./svg.ts";

/** Both eyes with lids and brows, `dy` lower than on a head that does not hang. */
export function eyesOf(state: State, dy: number): string {
  const { eyes, brow, makeup, look, mouth } = state;
  const squint = mouth.kind === "open" && eyes.open ? 0.3 : 0;
  return [-1, 1].map((s) => {
    const x = s * 4.1;
    const y = -0.6 + dy;
    const lid = makeup === undefined
      ? ""
      : ellipse([x, y - 1.4], { rx: 3.4, ry: 2.6, fill: makeup.lids, line: 0 });
    const eye = eyes.open
      ? ellipse([x, y], {
        rx: 2.4,
        ry: 2.3 - squint,
        fill: "#ffffff",
        line: 0.8,
      }) +
        ellipse([x, y + state.head.drop], {
          rx: 1.3,
          ry: 1.6,
          fill: INK,
          line: 0,
        })
      : ellipse([x, y], {
        rx: 2.6,
        ry: 2.3,
        fill: mix(look.skin, INK, 0.12),
        line: 0,
      }) +
        stroke(path`M${x - 2.6} ${y}Q${x} ${y + eyes.curve} ${x + 2.6} ${y}`, {
          width: 1.2,
          colour: INK,
        });
    const browLine = stroke(
      path`M${x - s * 2.2} ${y - 3.8 - brow}L${x + s * 2.4} ${
        y - 4.2 - brow * 0.7
      }`,
      { width: 1.1, colour: INK },
    );
    return lid + eye + browLine;
  }).join("");
}

/** Mouth, with lips where they are coloured. */
export function mouthOf(state: State, dy: number): string {
  const { kind, width, height } = state.mouth;
  const lips = state.makeup?.lips;
  const w = width / 2;
  const y = 5.4 + dy;
  if (kind === "open") {
    return ellipse([0, y + 0.4], {
      rx: w,
      ry: height / 2,
      fill: "#5a0f18",
      line: 1.2,
      ink: lips ?? INK,
    }) +
      ellipse([0, y + 0.4 + height * 0.28], {
        rx: w * 0.6,
        ry: height * 0.18,
        fill: "#e0606a",
        line: 0,
      });
  }
  if (kind === "smile") {
    return shape(
      path`M${-w} ${y - 1.4}Q0 ${y - 0.6} ${w} ${y - 1.4}Q${w * 0.8} ${
        y - 1 + height
      } 0 ${y - 1 + height}Q${-w * 0.8} ${y - 1 + height} ${-w} ${y - 1.4}Z`,
      { fill: "#ffffff", line: 1.1, ink: lips ?? INK },
    );
  }
  if (lips !== undefined) {
    return ellipse([0, y], { rx: 3.6, ry: 1.7, fill: lips, line: 0.5 }) +
      stroke(path`M-3 ${y}L3 ${y}`, { width: 0.5, colour: INK });
  }
  return stroke(path`M${-w} ${y}L${w} ${y}`, { width: 1.2, colour: INK });
}

/** Beard of the hair's colour. */
export function beardOf(state: State, dy: number): string {
  if (state.beard === undefined) return "";
  const fill = state.look.hairStyle === "bald" ? "#6b3d1e" : state.look.hair;
  const end = 9 + state.beard;
  return shape(
    path`M-10 ${1 + dy}Q-10.5 ${8 + dy} -6 ${end - 1}Q0 ${end + 2} 6 ${
      end - 1
    }Q10.5 ${8 + dy} 10 ${1 + dy}Q7 ${3.5 + dy} 4 ${3 + dy}Q0 ${2 + dy} -4 ${
      3 + dy
    }Q-7 ${3.5 + dy} -10 ${1 + dy}Z`,
    { fill },
  );
}

/** Stripe across the face. */
export function paintOf({ extras = {} }: State, dy: number): string {
  if (extras.paint === undefined) return "";
  const { colour, y, height } = extras.paint;
  const half = (at: number) => 9.6 * Math.sqrt(1 - (at / 10.6) ** 2);
  const [top, bottom] = [half(y), half(y + height)];
  return shape(
    path`M${-top} ${y + dy}L${top} ${y + dy}L${bottom} ${
      y + height + dy
    }L${-bottom} ${y + height + dy}Z`,
    { fill: colour, line: 0 },
  );
}

/** Mask over mouth and chin. */
export function maskOf({ extras = {} }: State, dy: number): string {
  if (extras.mask === undefined) return "";
  return shape(
    path`M-9.4 ${2.4 + dy}Q0 ${1 + dy} 9.4 ${2.4 + dy}Q8.4 ${8 + dy} 0 ${
      11 + dy / 2
    }Q-8.4 ${8 + dy} -9.4 ${2.4 + dy}Z`,
    { fill: extras.mask },
  );
}
