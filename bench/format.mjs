// Figures as people read them.

const digits = (value) => (value >= 100 ? 0 : value >= 10 ? 1 : 2);

/** Microseconds, or milliseconds where that is shorter. */
export function time(microseconds) {
  const [value, unit] = Math.abs(microseconds) >= 1000 ? [microseconds / 1000, 'ms'] : [microseconds, 'µs'];
  return `${value.toFixed(digits(Math.abs(value)))} ${unit}`;
}

export const share = (value) => value.toFixed(2);
export const percent = (value) => `${(value * 100).toFixed(0)} %`;

/** Calls in a second. */
export const rate = (microseconds) => `${Math.round(1e6 / microseconds).toLocaleString('en')}/s`;
