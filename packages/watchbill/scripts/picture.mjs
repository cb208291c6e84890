// Makes the pictures of the console, in Chromium, of a demo with kills: wide, and on a phone.
//
//   node packages/watchbill/scripts/picture.mjs [--seconds 90] [--out docs/images/console.png]

import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '90' },
    out: { type: 'string', default: join(ROOT, 'docs/images/console.png') },
  },
});
mkdirSync(dirname(values.out), { recursive: true });
await pictureConsole(Number(values.seconds), values.out);

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
