// Writes the folder that deploy/Containerfile is built in: the root of the image.
//
// node packages/duty/scripts/container/context.mjs FOLDER    the folder must not exist yet

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../../../../scripts/pinned.mjs';
import { runBuild } from '../../../../scripts/run-build.mjs';
import { runStep } from '../../../../scripts/run-step.mjs';
import { setUpOrExit } from '../../../../scripts/setup.mjs';
import { writeRootfs } from './rootfs.mjs';

/**
 * The time of every file in the image, in seconds: `SOURCE_DATE_EPOCH`, else the time of the commit.
 * @returns {number}
 */
export function epochSeconds() {
  const given = process.env.SOURCE_DATE_EPOCH;
  const text = given ?? (git('log', '-1', '--format=%ct') || '0');
  if (!/^\d{1,11}$/.test(text))
    throw new Error(
      `SOURCE_DATE_EPOCH must be whole seconds since 1970, for example 1795178576; got ${JSON.stringify(text)}`,
    );
  return Number(text);
}

/** The commit; `unknown` in a copy without git. */
export function revision() {
  return git('rev-parse', 'HEAD') || 'unknown';
}

function git(...args) {
  const run = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8', timeout: 20_000 });
  return run.status === 0 ? run.stdout.trim() : '';
}

/**
 * Packs the npm package, unless a tarball is given, and writes `FOLDER/rootfs`.
 * @param {string} folder does not exist yet
 * @param {string} [tarball]
 */
export async function writeContext(folder, tarball) {
  if (existsSync(folder)) throw new Error(`${folder} exists; name a folder that does not`);
  await setUpOrExit();
  mkdirSync(join(folder, 'rootfs'), { recursive: true });
  // Beside the root, so that a part of it moves there by a rename.
  const work = mkdtempSync(`${folder}-work-`);
  try {
    const packed = tarball ?? (await pack(join(work, 'pack')));
    await writeRootfs(join(folder, 'rootfs'), { tarball: packed, epochSeconds: epochSeconds(), work });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function pack(out) {
  const args = [join(ROOT, 'scripts/pack.mjs'), out];
  const lines = await runStep(process.execPath, args, { cwd: ROOT, env: process.env, answer: true });
  return lines.trim().split('\n').at(-1) ?? '';
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const again = 'node packages/duty/scripts/container/context.mjs FOLDER';
  await runBuild({ what: 'the context of the image', again }, async () => {
    const [folder, ...more] = process.argv.slice(2);
    if (folder === undefined || more.length > 0) throw new Error(`name one folder: ${again}`);
    await writeContext(resolve(folder));
    console.log(resolve(folder));
    return 0;
  });
}
