// What the charts of a page are drawn with: elements, numbers in few digits, axes and smoothing. The
// page's scripts stand in one element in the order base, chart, group, page.
'use strict';
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const add = (parent, namespace, name, attributes = {}, text = '') => {
  const node = namespace
    ? document.createElementNS(namespace, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text) node.textContent = text;
  parent.append(node);
  return node;
};
const looks = 32;
// The marks of looks: a circle, a square, a triangle, a diamond.
const shapes = [null, 'M-3 -3h6v6h-6z', 'M0 -4.4l3.8 6.6h-7.6z', 'M0 -4l4 4l-4 4l-4 -4z'];
const margin = { left: 58, right: 14, top: 14, bottom: 36 };

// Numbers in few digits.
const short = (value, digits = 5) => {
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e6 || size < 1e-4)) {
    return Number(value.toPrecision(digits)).toExponential().replace('e+', 'e');
  }
  return String(Number(value.toPrecision(digits)));
};
const clock = (seconds) => {
  if (seconds < 120) return `${short(seconds, 3)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

// An axis over finite values: where each lies, from 0 to 1, and the marks that people count by.
const linear = (low, high, finest = 0) => {
  // Near the ends of the numbers' range differences would be infinite or nothing.
  const size = Math.max(Math.abs(low), Math.abs(high));
  const shift = size > 1e290 ? 300 : size > 0 && size < 1e-290 ? -300 : 0;
  const unit = 10 ** shift;
  [low, high] = [low / unit, high / unit];
  if (high - low < 1e-12 * Math.max(Math.abs(low), Math.abs(high))) {
    [low, high] = [Math.min(0, low), Math.max(0, high)];
  }
  const raw = Math.max((high > low ? high - low : 1) / 5, finest / unit);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5].find((mark) => mark * power >= raw * 0.999) ?? 10);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  const label = (value) => {
    if (!shift || value === 0) return short(value, 4);
    const power = Math.floor(Math.log10(Math.abs(value)) + 1e-9);
    return `${short(value / 10 ** power, 3)}e${power + shift}`;
  };
  const ticks = [];
  for (let n = 0; n <= last - first; n++) {
    ticks.push({ at: n / (last - first), text: label((first + n) * step) });
  }
  return {
    ticks,
    at: (value) => (value / unit / step - first) / (last - first),
    value: (at) => (first + at * (last - first)) * step * unit,
  };
};
const logarithmic = (low, high) => {
  const first = Math.floor(Math.log10(low));
  const last = Math.max(first + 1, Math.ceil(Math.log10(high)));
  const every = Math.max(1, Math.ceil((last - first) / 6));
  const ticks = [];
  for (let power = first; power <= last; power += every) {
    const text = power >= -3 && power < 6 ? short(10 ** power, 1) : `1e${power}`;
    ticks.push({ at: (power - first) / (last - first), text });
  }
  return {
    ticks,
    at: (value) => (Math.log10(value) - first) / (last - first),
    value: (at) => 10 ** (first + at * (last - first)),
  };
};
const bounds = (values) => {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
};

// The mean over the past in which each value weighs less than the next, as if there had been
// nothing before the first.
const smoothed = (values, weight) => {
  let [mean, mass] = [0, 0];
  return values.map((value) => {
    mean = mean * weight + value * (1 - weight);
    mass = mass * weight + 1 - weight;
    return mean / mass;
  });
};
