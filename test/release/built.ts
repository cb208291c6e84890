// The release of this tree, built once for a test file.

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUILD_MS = 900_000;

/** Runs `npm run release` into a folder; answers its output. The tree of a test may have changes. */
export function buildRelease(out: string, args: readonly string[] = [], env = {}): string {
  const script = 'umask "$MASK"; exec "$0" "$@"';
  const words = [
    process.execPath,
    join(ROOT, 'scripts/release.mjs'),
    '--allow-dirty',
    '--with-node',
    '--out',
    out,
    ...args,
  ];
  return execFileSync('sh', ['-c', script, ...words], {
    encoding: 'utf8',
    timeout: BUILD_MS,
    env: { ...process.env, MASK: '022', ...env },
  });
}

/** The path of the one file of a release that fits a pattern. */
export function fileOf(out: string, pattern: RegExp): string {
  const [name, ...more] = readdirSync(out).filter((one) => pattern.test(one));
  if (name === undefined || more.length > 0) throw new Error(`${pattern} fits ${[name, ...more].join(', ')}`);
  return join(out, name);
}
