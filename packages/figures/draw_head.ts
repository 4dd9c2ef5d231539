import { INK, mix } from "./colour.ts";
import type { State } from "./state.ts";
import { ellipse, group, path, shape, stroke } from "./svg.ts";

const HEAD = 10;

/** Side of the picture that a head in profile looks to. */
function sideOf(state: State): -1 | 0 | 1 {
  return state.headFacing === "front"
    ? 0
    : state.headFacing === "left"
    ? -1
    : 1;
}

/** Hair behind the head and shoulders; the head's middle is the origin. */
export function drawBackHair(state: State): string {
  const { hairStyle, hair } = state.look;
  const side = sideOf(state);
  const out: string[] = [];
  if (hairStyle === "long") {
    out.push(
      side === 0
        ? shape(
          "M-11.5 -2Q-12 -12 0 -12Q12 -12 11.5 -2L13 14Q13 17 9 17L-9 17Q-13 17 -13 14Z",
          { fill: hair },
        )
        : group(
          `scale(${side} 1)`,
          shape("M4 -11Q-13 -13 -12.5 0L-13.5 14Q-12 18 -6 17L0 14L2 0Z", {
            fill: hair,
          }),
        ),
    );
  }
  if (hairStyle === "curly") {
    const curls: [number, number][] = side === 0
      ? [[-10, 4], [-11, -2], [-9, -7.5], [10, 4], [11, -2], [9, -7.5]]
      : [[-9 * side, 4], [-10.5 * side, -2], [-8.5 * side, -7.5]];
    out.push(...curls.map((at) => ellipse(at, { rx: 4.6, fill: hair })));
  }
  if (hairStyle === "bun") {
    out.push(ellipse([-4 * side, -12], { rx: 5.2, ry: 4.4, fill: hair }));
  }
  return out.join("");
}

function frontHair(state: State): string {
  const { hairStyle, hair } = state.look;
  const side = sideOf(state);
  const low = state.head.drop * 5;
  if (hairStyle === "bald") return "";
  if (side !== 0 && hairStyle === "spiky") {
    return group(
      `scale(${side} 1)`,
      shape(
        "M8.5 -6.5L10.5 -9.5L5.5 -11L4.5 -15L0 -12L-4.5 -15L-7 -11L-12.5 -11L-11 -5.5L-14 -2.5L-11 1L-10.5 5L-7.5 6.5Q-6 2 -4.5 -2Q2 -3 8.5 -6.5Z",
        { fill: hair },
      ),
    );
  }
  if (side !== 0) {
    return group(
      `scale(${side} 1)`,
      shape(
        "M8.5 -6.5Q7 -12 -1 -12Q-12.5 -11 -11.2 2Q-10 6 -7.5 6.5Q-6 2 -4.5 -2Q2 -3 8.5 -6.5Z",
        {
          fill: hair,
        },
      ),
    );
  }
  if (hairStyle === "spiky") {
    return shape(
      path`M-10.8 -1L-12.5 -8L-8.5 -9L-8 -14L-3.5 -11.5L0 -15.5L3.5 -11.5L8 -14L8.5 -9L12.5 -8L10.8 -1L7 ${
        -5 + low
      }L3 ${-4 + low}L0 ${-6.5 + low}L-3 ${-4 + low}L-7 ${-5 + low}Z`,
      { fill: hair },
    );
  }
  if (hairStyle === "curly") {
    return [[-7, -7], [-2.8, -9.3], [2.8, -9.3], [7, -7]].map(([x, y]) =>
      ellipse([x!, y! + low * 0.6], { rx: 4.2, fill: hair })
    ).join("");
  }
  const side1 = hairStyle === "short" ? 0 : 3;
  return shape(
    path`M-10.9 ${side1}Q-12.4 -12 0 -12Q12.4 -12 10.9 ${side1}Q9.5 ${
      -5 + low
    } 3 ${-6.5 + low}Q-2 ${-5 + low} -6 ${-4.2 + low}Q-9.5 -3 -10.9 ${side1}Z`,
    { fill: hair },
  );
}

function eyesOf(state: State, dy: number): string {
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

function mouthOf(state: State, dy: number): string {
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

function beardOf(state: State, dy: number): string {
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

function glassesOf(state: State, dy: number): string {
  if (state.glasses === undefined) return "";
  const { kind, colour, tint } = state.glasses;
  const y = -0.4 + dy;
  const lens = (x: number): string => {
    const common =
      `fill="${colour}" fill-opacity="${tint}" stroke="${colour}" stroke-width="1.5"`;
    return kind === "round"
      ? `<circle cx="${x}" cy="${y.toFixed(2)}" r="3.7" ${common}/>`
      : `<rect x="${x - 3.8}" y="${
        (y - 2.9).toFixed(2)
      }" width="7.6" height="5.8" ${common}/>`;
  };
  return lens(-4.6) + lens(4.6) +
    stroke(path`M-8.2 ${y}L-10.4 ${y - 1}M8.2 ${y}L10.4 ${y - 1}`, {
      width: 1.5,
      colour,
    });
}

function earringsOf(state: State): string {
  if (state.earrings === undefined) return "";
  const { kind, colour, size } = state.earrings;
  return [-11, 11].map((x) =>
    kind === "hoop"
      ? stroke(path`M${x} 3.6A${size} ${size} 0 1 1 ${x - 0.01} 3.6`, {
        width: 2.6,
        colour: INK,
      }) +
        stroke(path`M${x} 3.6A${size} ${size} 0 1 1 ${x - 0.01} 3.6`, {
          width: 1.5,
          colour,
        })
      : kind === "ball"
      ? ellipse([x, 3.6 + size], { rx: size, fill: colour, line: 0.8 })
      : shape(
        path`M${x} 3L${x + size * 0.8} ${3 + size * 2.2}L${x - size * 0.8} ${
          3 + size * 2.2
        }Z`,
        {
          fill: colour,
          line: 0.8,
        },
      )
  ).join("");
}

function hatOf(state: State): string {
  if (state.hat === undefined) return "";
  const { kind, colour } = state.hat;
  const side = sideOf(state);
  const y = -5 + state.head.drop * 4;
  const band = mix(colour, INK, 0.45);
  if (kind === "tophat") {
    return shape(path`M-7.5 ${y}L-8.3 ${y - 10.5}L8.3 ${y - 10.5}L7.5 ${y}Z`, {
      fill: colour,
    }) +
      shape(path`M-7.6 ${y - 1}L-7.8 ${y - 4}L7.8 ${y - 4}L7.6 ${y - 1}Z`, {
        fill: band,
        line: 0,
      }) +
      shape(path`M-14 ${y - 1.2}L14 ${y - 1.2}L14 ${y + 1.4}L-14 ${y + 1.4}Z`, {
        fill: colour,
      });
  }
  if (kind === "beanie") {
    return shape(
      path`M-11.2 ${y + 1}Q-11.5 ${y - 10} 0 ${y - 10.5}Q11.5 ${y - 10} 11.2 ${
        y + 1
      }Z`,
      {
        fill: colour,
      },
    ) +
      shape(path`M-12 ${y - 2.5}L12 ${y - 2.5}L12 ${y + 2}L-12 ${y + 2}Z`, {
        fill: band,
      }) +
      ellipse([0, y - 11.5], { rx: 3.2, fill: band });
  }
  if (kind === "sunhat") {
    return shape(
      path`M-9 ${y}Q-9.5 ${y - 10} 0 ${y - 10}Q9.5 ${y - 10} 9 ${y}Z`,
      { fill: colour },
    ) +
      ellipse([0, y], { rx: 18, ry: 3.2, fill: colour }) +
      stroke(path`M-9 ${y - 3}Q0 ${y - 1.2} 9 ${y - 3}`, {
        width: 2,
        colour: band,
      });
  }
  const bill = side === 0
    ? path`M-11 ${y - 1}Q0 ${y - 4} 11 ${y - 1}Q9 ${y + 3.4} 0 ${y + 3.4}Q-9 ${
      y + 3.4
    } -11 ${y - 1}Z`
    : path`M0 ${y - 1.5}L${side * 17} ${y - 0.5}L${side * 17} ${y + 1.8}L0 ${
      y + 1.5
    }Z`;
  return shape(
    path`M-11.2 ${y + 0.5}Q-12 ${y - 9.5} 0 ${y - 9.5}Q12 ${y - 9.5} 11.2 ${
      y + 0.5
    }Z`,
    {
      fill: colour,
    },
  ) + shape(bill, { fill: band });
}

function profile(state: State): string {
  const { skin } = state.look;
  const face = shape(
    "M-9.5 0Q-10 -10.3 0 -10.3Q8.6 -10 9 -3L11.8 2Q11.8 3.2 9.2 3.4L8.8 7.2Q7 10.4 1 10.3Q-9 9.5 -9.5 0Z",
    {
      fill: skin,
    },
  ) +
    ellipse([-2.4, 1.2], {
      rx: 1.8,
      ry: 2.4,
      fill: mix(skin, INK, 0.2),
      line: 0.8,
    });
  const eye = state.eyes.open
    ? ellipse([5, -1.2], { rx: 1.7, ry: 2.3, fill: "#ffffff", line: 0.8 }) +
      ellipse([5.7, -1], { rx: 1, ry: 1.5, fill: INK, line: 0 })
    : stroke("M3.2 -1.2Q5 0 7 -1.2", { width: 1.2, colour: INK });
  const rest = stroke("M3.6 -5L7.6 -4.6", { width: 1.1, colour: INK }) +
    stroke("M5.4 6L8.8 5.6", { width: 1.2, colour: INK });
  return group(`scale(${sideOf(state)} 1)`, face + eye + rest);
}

function paintOf({ extras = {} }: State, dy: number): string {
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

function maskOf({ extras = {} }: State, dy: number): string {
  if (extras.mask === undefined) return "";
  return shape(
    path`M-9.4 ${2.4 + dy}Q0 ${1 + dy} 9.4 ${2.4 + dy}Q8.4 ${8 + dy} 0 ${
      11 + dy / 2
    }Q-8.4 ${8 + dy} -9.4 ${2.4 + dy}Z`,
    { fill: extras.mask },
  );
}

function hoodOf({ extras = {} }: State, side: -1 | 0 | 1): string {
  if (extras.hood === undefined) return "";
  const x = side * 3.4;
  return shape(
    path`M-13.4 1A13.4 14 0 1 1 13.4 1Q13 13 0 14Q-13 13 -13.4 1ZM${
      x - 8.6
    } 1A8.6 8.4 0 0 0 ${x + 8.6} 1A8.6 8 0 0 0 ${x - 8.6} 1Z`,
    { fill: extras.hood },
  );
}

/** Head with everything on it; its middle is the origin. */
export function drawHead(state: State): string {
  if (sideOf(state) !== 0) {
    return profile(state) + frontHair(state) + hoodOf(state, sideOf(state)) +
      hatOf(state);
  }
  const { skin } = state.look;
  const dy = state.head.drop * 5.5;
  const ears = ellipse([-10, 0.8 - dy * 0.5], { rx: 2, ry: 2.7, fill: skin }) +
    ellipse([10, 0.8 - dy * 0.5], { rx: 2, ry: 2.7, fill: skin });
  const blush = state.makeup === undefined || state.makeup.blush === 0
    ? ""
    : [-6.4, 6.4].map((x) =>
      `<circle cx="${x}" cy="${
        (3.4 + dy).toFixed(2)
      }" r="2.5" fill="#f0506e" fill-opacity="${state.makeup!.blush}"/>`
    ).join("");
  const long = state.mouth.kind === "open"
    ? Math.max(0, state.mouth.height - 5) * 0.3
    : 0;
  return ears +
    ellipse([0, long / 2], { rx: HEAD, ry: 10.6 + long / 2, fill: skin }) +
    blush + paintOf(state, dy) +
    beardOf(state, dy) + eyesOf(state, dy) +
    ellipse([0, 2.3 + dy], {
      rx: 1.1,
      ry: 0.9,
      fill: mix(skin, INK, 0.35),
      line: 0,
    }) +
    mouthOf(state, dy) + maskOf(state, dy) + frontHair(state) +
    hoodOf(state, 0) + glassesOf(state, dy) +
    earringsOf(state) + hatOf(state);
}
