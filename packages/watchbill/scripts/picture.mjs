// Makes the picture of the live view for the README from what `watchbill demo` really printed: runs it in a
// pseudo terminal of 80 columns and 24 lines (util-linux `script`), replays the output on a small model of a
// terminal, and writes the last frame as SVG.
//
//   node packages/watchbill/scripts/picture.mjs [--seconds 30] [--out docs/images/demo.svg]
//
// With --page: pictures of the console of such a run, in Chromium, wide and on a phone.
//
//   node packages/watchbill/scripts/picture.mjs --page [--seconds 90] [--out docs/images/console.png]

import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const COLUMNS = 80;
const LINES = 24;
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    out: { type: 'string' },
    page: { type: 'boolean', default: false },
  },
});
const out = values.out ?? join(ROOT, 'docs/images', values.page ? 'console.png' : 'demo.svg');
mkdirSync(dirname(out), { recursive: true });
if (values.page) {
  await pictureConsole(Number(values.seconds), out);
  process.exit(0);
}

const printed = await runInTerminal(Number(values.seconds));
const screen = lastFrame(printed);
if (screen === null) {
  console.error(`error: the demonstration drew no frame; it printed:\n${printed.slice(-2_000)}`);
  console.error('  what to do: run `watchbill demo` in a terminal and see what it says');
  process.exit(1);
}
writeFileSync(out, svgOf(screen));
console.log(`${out}: one frame of ${COLUMNS} x ${LINES}`);

/** The first key of the console after so many seconds of a demo with kills: a wide page, and a dark phone. */
async function pictureConsole(seconds, file) {
  const flags = ['--plain', '--kills', 'on', '--seconds', '3600', '--port', '0'];
  const child = spawn(process.execPath, [join(ROOT, 'packages/watchbill/src/main.ts'), 'demo', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const url = await new Promise((resolve, reject) => {
      let text = '';
      child.stdout.on('data', (chunk) => {
        text += chunk;
        const found = /^page +(\S+)$/m.exec(text);
        if (found !== null) resolve(found[1]);
      });
      child.once('close', () => reject(new Error(`the demonstration ended:\n${text}`)));
    });
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    const looks = [
      { path: file, viewport: { width: 1_000, height: 430 }, colorScheme: 'light' },
      {
        path: file.replace(/[.]png$/, '-phone.png'),
        viewport: { width: 390, height: 760 },
        colorScheme: 'dark',
      },
    ];
    for (const { path, ...look } of looks) {
      const page = await browser.newPage(look);
      await page.goto(url);
      await page.screenshot({ path });
      console.log(`${path}: ${look.viewport.width} x ${look.viewport.height}`);
    }
  } finally {
    await browser.close();
    child.kill('SIGTERM');
  }
}

/** Everything the demonstration wrote to its terminal. */
function runInTerminal(seconds) {
  const main = join(ROOT, 'packages/watchbill/src/main.ts');
  const command = `stty cols ${COLUMNS} rows ${LINES} && "${process.execPath}" "${main}" demo --seconds ${seconds} --kills on`;
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const deadline = setTimeout(() => child.kill('SIGTERM'), (seconds + 120) * 1_000);
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(deadline);
      const text = Buffer.concat(chunks).toString('utf8');
      if (code === 0) resolve(text);
      else reject(new Error(`the demonstration ended with ${code}:\n${text.slice(-2_000)}`));
    });
  });
}

/** The screen just before the live view was left, or null where there was none. */
function lastFrame(text) {
  const end = text.lastIndexOf('\u001b[?1049l');
  if (end < 0) return null;
  const start = text.lastIndexOf('\u001b[?1049h', end);
  return start < 0 ? null : replay(text.slice(start, end));
}

/** Replays text with the few escape sequences that the live view uses. Throws on any other. */
function replay(text) {
  const cells = Array.from({ length: LINES }, () => blankLine());
  let [row, column, style] = [0, 0, ''];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
  const pieces = /\u001b\[([?0-9;]*)([A-Za-z])|\r|\n|[^\u001b\r\n]/gu;
  for (const [piece, numbers = '', letter] of text.matchAll(pieces)) {
    if (piece === '\r') column = 0;
    else if (piece === '\n') row = Math.min(row + 1, LINES - 1);
    else if (letter === undefined) {
      if (column < COLUMNS) cells[row][column] = { text: piece, style };
      column += 1;
    } else if (letter === 'm') style = numbers === '0' || numbers === '' ? '' : `${style} s${numbers}`.trim();
    else if (letter === 'H') [row, column] = [0, 0];
    else if (letter === 'K') cells[row].splice(column, COLUMNS, ...blankLine().slice(column));
    else if (letter === 'J') {
      cells[row].splice(column, COLUMNS, ...blankLine().slice(column));
      for (let below = row + 1; below < LINES; below++) cells[below] = blankLine();
    } else if (letter !== 'h' && letter !== 'l')
      throw new Error(`escape sequence ${letter} is not known here`);
  }
  return cells;
}

function blankLine() {
  return Array.from({ length: COLUMNS }, () => ({ text: ' ', style: '' }));
}

function svgOf(cells) {
  const [cellWidth, lineHeight, margin] = [8.4, 18, 16];
  const width = COLUMNS * cellWidth + 2 * margin;
  const height = LINES * lineHeight + 2 * margin;
  const texts = cells.flatMap((line, row) =>
    runsOf(line).map(({ column, text, style }) => {
      const x = (margin + column * cellWidth).toFixed(1);
      const y = (margin + (row + 0.75) * lineHeight).toFixed(1);
      const length = (text.length * cellWidth).toFixed(1);
      const look = style === '' ? '' : ` class="${style}"`;
      return `  <text xml:space="preserve" x="${x}" y="${y}" textLength="${length}"${look}>${escaped(text)}</text>`;
    }),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    '  <title>The live view of watchbill demo</title>',
    '  <style>',
    '    rect { fill: #11161d }',
    '    text { font: 14px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #d5dbe3; white-space: pre }',
    '    .s1 { font-weight: 700; fill: #ffffff } .s2 { fill: #8493a5 } .s31 { fill: #ff7b72 }',
    '    .s32 { fill: #56d364 } .s33 { fill: #e3b341 }',
    '  </style>',
    `  <rect width="${width}" height="${height}" rx="8"/>`,
    ...texts,
    '</svg>',
    '',
  ].join('\n');
}

/** Pieces of one style in a line, without the blanks around them. */
function runsOf(line) {
  const runs = [];
  for (const [column, { text, style }] of line.entries()) {
    const last = runs.at(-1);
    if (last?.style === style) last.text += text;
    else runs.push({ column, text, style });
  }
  return runs
    .map((run) => ({
      ...run,
      column: run.column + run.text.length - run.text.trimStart().length,
      text: run.text.trim(),
    }))
    .filter((run) => run.text !== '');
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
