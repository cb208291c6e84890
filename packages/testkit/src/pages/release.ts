import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '../nodes/wait.ts';
import { ROOT } from './page-run.ts';

const BUILD_MS = 900_000;
const PARTS = ['--with-node', '--with-image', '--registry', 'r.example.net'];

/** Runs `npm run release` with all its parts into a folder; answers its output. The tree may have changes. */
export async function buildRelease(out: string, args: readonly string[] = [], env = {}): Promise<string> {
  const script = 'umask "$MASK"; exec "$0" "$@"';
  const release = [join(ROOT, 'scripts/release.mjs'), '--allow-dirty', '--out', out, ...PARTS, ...args];
  const { stdout } = await promisify(execFile)('sh', ['-c', script, process.execPath, ...release], {
    timeout: BUILD_MS,
    env: { ...process.env, MASK: '022', ...env },
  });
  return stdout;
}

/**
 * One release for all files of `npm run test:real`: the first that asks builds it in the folder that the run
 * names, the others wait. A file that runs by itself builds its own.
 * @param own where that one is built
 * @returns the folder of the release, and the output of the build
 */
export async function sharedRelease(
  own: string,
): Promise<{ readonly out: string; readonly printed: string }> {
  const out = process.env.WATCHBILL_RELEASE ?? join(own, 'release');
  const [said, begun] = [`${out}.txt`, `${out}.begun`];
  if (mkdirSync(begun, { recursive: true }) !== undefined) {
    const printed = await buildRelease(out).catch((error: unknown) => {
      // The next file that asks builds it again.
      renameSync(begun, `${begun}-in-vain`);
      throw error;
    });
    writeFileSync(`${said}.new`, printed);
    renameSync(`${said}.new`, said);
  }
  await waitFor('the release that another file builds', () => existsSync(said), { timeoutMs: BUILD_MS });
  return { out, printed: readFileSync(said, 'utf8') };
}

/** The path of the one file of a release that fits a pattern. */
export function fileOf(out: string, pattern: RegExp): string {
  const [name, ...more] = readdirSync(out).filter((one) => pattern.test(one));
  if (name === undefined || more.length > 0) throw new Error(`${pattern} fits ${[name, ...more].join(', ')}`);
  return join(out, name);
}
