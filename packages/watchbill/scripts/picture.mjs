// Writes the picture of the README from a real `watchbill demo`: each line appears when the demo printed it.
//
// npm run picture    docs/images/demo.svg, from a demo of 20 seconds with kills

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../../../scripts/pinned.mjs';

const args = ['packages/watchbill/src/main.ts', 'demo', '--plain', '--seconds', '20'];
const demo = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
const texts = [];
let startMs = Number.POSITIVE_INFINITY;
for await (const line of createInterface({ input: demo.stdout })) {
  // The picture does not show how long this machine compiles the command.
  if (line.startsWith('page ')) startMs = performance.now();
  const text = line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll(' ', '&#160;');
  const begin = Math.max(0, Math.round(performance.now() - startMs));
  const show = `<set attributeName="opacity" to="1" begin="${begin}ms"/>`;
  texts.push(`<text x="12" y="${24 + texts.length * 18}" opacity="0">${text}${show}</text>`);
}
const height = texts.length * 18 + 20;
const head = `<svg xmlns="http://www.w3.org/2000/svg" width="920" height="${height}">
<title>The output of watchbill demo</title>
<rect width="920" height="100%" rx="8" fill="#11161d"/>
<g font-family="monospace" font-size="13" fill="#d5dbe3">`;
writeFileSync(join(ROOT, 'docs/images/demo.svg'), [head, ...texts, '</g></svg>', ''].join('\n'));
