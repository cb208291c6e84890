// The one file: the executable of Node with the whole command inside.

import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { build } from 'esbuild';
import { packNode } from './elf.mjs';

/**
 * The blob that Node starts, of a folder as `npm` would install it. It has no compiled code, so that it is
 * the same for every processor.
 * @param {string} folder the files; they stay in it, and two more come beside it
 * @returns {Promise<Buffer>}
 */
export async function programOf(folder) {
  const launcher = `${folder}-launcher.cjs`;
  await build({
    entryPoints: [join(import.meta.dirname, 'launcher.mjs')],
    outfile: launcher,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    logLevel: 'warning',
  });
  const packed = `${folder}-packed`;
  const names = globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
  for (const name of names) writePacked(join(folder, name), join(packed, name));
  const config = {
    // The blob holds this name, so it is the same in each folder.
    main: basename(launcher),
    output: `${folder}.blob`,
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    useCodeCache: false,
    execArgvExtension: 'cli',
    assets: {
      ...Object.fromEntries(names.map((name) => [name, join(packed, name)])),
      'launcher.cjs': launcher,
    },
  };
  writeFileSync(`${folder}.json`, JSON.stringify(config));
  const { status, stderr } = spawnSync(process.execPath, ['--experimental-sea-config', `${folder}.json`], {
    cwd: dirname(folder),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`Node made no blob: ${stderr}`);
  const blob = readFileSync(config.output);
  for (const path of [launcher, packed, config.output, `${folder}.json`]) rmSync(path, { recursive: true });
  return blob;
}

/** Modules are nine tenths; packing takes three quarters off, and a command unpacks those that it loads. */
function writePacked(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  if (!from.endsWith('.js')) return cpSync(from, to);
  writeFileSync(
    to,
    zstdCompressSync(readFileSync(from), { params: { [constants.ZSTD_c_compressionLevel]: 19 } }),
  );
}

/** Writes the one file for one executable of Node. */
export function writeOneFile(node, program, out) {
  writeFileSync(out, packNode(readFileSync(node), program), { mode: 0o755 });
}
