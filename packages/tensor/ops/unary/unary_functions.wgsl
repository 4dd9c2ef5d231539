// unary_functions: functions of one variable, on four elements at a time.
//
// Numerics  tanh and erfc to about 1e-7 relative, exp never overflows to NaN

fn sigmoid(v : vec4f) -> vec4f {
  return 1.0 / (1.0 + exp(min(-v, vec4f(88.0))));
}

// series near 0, where the exponentials would cancel
fn tanhExact(v : vec4f) -> vec4f {
  let s = v * v;
  let near = v * (1.0 + s * (-1.0 / 3.0 + s * (2.0 / 15.0 + s * (-17.0 / 315.0
    + s * (62.0 / 2835.0 - s * (1382.0 / 155925.0))))));
  let far = 1.0 - 2.0 / (exp(min(2.0 * abs(v), vec4f(40.0))) + 1.0);
  return select(sign(v) * far, near, abs(v) < vec4f(0.3));
}

// Press et al., Numerical Recipes, 6.2: 1.2e-7 relative everywhere
fn erfc(v : vec4f) -> vec4f {
  let z = min(abs(v), vec4f(9.0));
  let t = 1.0 / (1.0 + 0.5 * z);
  let series = -1.26551223 + t * (1.00002368 + t * (0.37409196
    + t * (0.09678418 + t * (-0.18628806 + t * (0.27886807
    + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223
    + t * 0.17087277))))))));
  let tail = t * exp(series - z * z);
  return select(tail, 2.0 - tail, v < vec4f(0.0));
}

fn geluArgument(v : vec4f) -> vec4f {
  return 1.5957691 * (v + 0.044715 * v * v * v);
}

// slope of v sigmoid(u), by v, where u has this slope
fn gated(v : vec4f, u : vec4f, slope : vec4f) -> vec4f {
  return sigmoid(u) * (1.0 + v * slope * sigmoid(-u));
}
