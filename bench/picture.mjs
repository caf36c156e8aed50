// The picture in docs/performance.md: what the contest found, as bars. An SVG with a ground of its own, so that it can be read on a light page and on a dark one.
import { share, time } from './format.mjs';

const WIDTH = 880;
const NAMES = 300;
const BARS = 480;
const LINE = 22;
const HEAD = 46;

const STYLE = `
  text { font: 13px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1f2328; }
  .ground { fill: #ffffff; stroke: #d1d9e0; }
  .title { font-weight: 600; font-size: 14px; }
  .note { fill: #59636e; font-size: 12px; }
  .ours { fill: #0969da; }
  .other { fill: #9aa4af; }
  .line { stroke: #59636e; stroke-width: 1; stroke-dasharray: 3 3; }
  .our { font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .ground { fill: #0d1117; stroke: #3d444d; }
    .note { fill: #9198a1; }
    .ours { fill: #4493f8; }
    .other { fill: #656c76; }
    .line { stroke: #9198a1; }
  }`;

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('`', '');

/** Microseconds on a scale of powers of ten, from 0.01 to 1,000. */
const logarithmic = (value) => Math.max(0.01, Math.min(1, (Math.log10(Math.max(value, 0.01)) + 2) / 5));

/** Shares of C's speed, up to what the best of them reached. */
function linear(figures) {
  const most = Math.max(1, ...figures.map((figure) => figure.share));
  return (value) => value / most;
}

function panel({ title, overhead, figures }, top) {
  const order = figures.toSorted((a, b) => (overhead ? a.over - b.over : b.share - a.share));
  const scale = overhead ? logarithmic : linear(figures);
  const bars = order.map((figure, index) => {
    const y = top + HEAD + index * LINE;
    const value = overhead ? figure.over : figure.share;
    const width = Math.max(1, scale(value) * BARS);
    const emphasis = figure.ours ? ' class="our"' : '';
    return [
      `<text x="${NAMES - 10}" y="${y + 12}" text-anchor="end"${emphasis}>${escaped(figure.name)}</text>`,
      `<rect x="${NAMES}" y="${y}" width="${width.toFixed(1)}" height="16" rx="2" class="${figure.ours ? 'ours' : 'other'}"/>`,
      `<text x="${WIDTH - 20}" y="${y + 12}" text-anchor="end"${emphasis}>${overhead ? time(value) : share(value)}</text>`,
    ].join('\n');
  });
  const height = HEAD + order.length * LINE;
  const note = overhead ? 'Shorter is better; a logarithmic scale.' : 'Longer is better; the dashed line is a C program with as many threads.';
  const line = overhead
    ? ''
    : `<line class="line" x1="${(NAMES + scale(1) * BARS).toFixed(1)}" x2="${(NAMES + scale(1) * BARS).toFixed(1)}" y1="${top + HEAD - 6}" y2="${top + height}"/>`;
  const head = `<text class="title" x="20" y="${top + 16}">${escaped(title)}</text>\n<text class="note" x="20" y="${top + 34}">${note}</text>`;
  return { height, text: [head, ...bars, line].join('\n') };
}

/** The SVG. */
export function picture(results) {
  let top = 20;
  const panels = results.map((result) => {
    const { height, text } = panel(result, top);
    top += height + 24;
    return text;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${top}" viewBox="0 0 ${WIDTH} ${top}" role="img" aria-label="Signatures beside other libraries">`,
    `<style>${STYLE}\n</style>`,
    `<rect class="ground" x="0.5" y="0.5" width="${WIDTH - 1}" height="${top - 1}" rx="6"/>`,
    ...panels,
    '</svg>',
    '',
  ].join('\n');
}
