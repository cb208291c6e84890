// Packs the npm package `watchbill`: our packages bundled into plain JavaScript (Node strips no types under
// node_modules), third-party packages left to npm with the versions that the workspaces pin.
// scripts/pack.mjs starts this under the pinned Node.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { isTestOnly } from './check/sources.mjs';
import { ROOT } from './pinned.mjs';

const OURS = '@watchbill/';
const PACK_TIMEOUT_MS = 60_000;

/**
 * Writes `package/` and the tarball into a folder, and gives the tarball's path.
 * @param {string} out
 * @returns {Promise<string>}
 */
export async function pack(out) {
  const folder = join(out, 'package');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const metafile = await bundle(folder);
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(metafile), null, 2)}\n`);
  copyPlainFiles(folder);
  return tarball(folder, out);
}

async function bundle(folder) {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { main: 'packages/cli/src/main.ts', ...sideEffects(), ...threads() },
    outdir: join(folder, 'dist'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    keepNames: true,
    external: [...thirdParty().keys()],
    metafile: true,
    logLevel: 'warning',
  });
  // The import rules refuse test code too, but this reads what really went in.
  const wrong = Object.keys(metafile.inputs).filter(
    (path) => isTestOnly(path) || path.includes('node_modules/'),
  );
  if (wrong.length > 0) throw new Error(`these must not be bundled: ${wrong.join(', ')}`);
  return metafile;
}

/**
 * Our files that others import for their effect alone, each as a separate output. Within one output esbuild
 * moves the imports of third-party packages to the top, before the effect; outputs of ours are imported
 * before those.
 */
function sideEffects() {
  const entries = {};
  for (const path of globSync('packages/*/src/**/*.ts', { cwd: ROOT }).filter((path) => !isTestOnly(path))) {
    for (const [, effect] of readFileSync(join(ROOT, path), 'utf8').matchAll(
      /^import '([.][^']+)[.]ts';$/gm,
    )) {
      const file = join(dirname(path), effect);
      entries[`effect-${basename(file)}`] = `${file}.ts`;
    }
  }
  return entries;
}

/** The programs of threads, each as a separate output under its file name: `NAME.thread.ts`. */
function threads() {
  const paths = globSync('packages/*/src/**/*.thread.ts', { cwd: ROOT });
  return Object.fromEntries(paths.map((path) => [basename(path, '.ts'), path]));
}

/** Name and pinned version of every third-party package that a workspace depends on. */
function thirdParty() {
  const versions = new Map();
  for (const path of globSync('packages/*/package.json', { cwd: ROOT })) {
    for (const [name, version] of Object.entries(readJson(path).dependencies ?? {})) {
      if (name.startsWith(OURS)) continue;
      if ((versions.get(name) ?? version) !== version) {
        throw new Error(
          `${path} asks for ${name} ${version}, another package for ${versions.get(name)}; pin one`,
        );
      }
      versions.set(name, version);
    }
  }
  return versions;
}

/** The package.json to publish: of the dependencies exactly those that the bundle imports. */
function manifest(metafile) {
  const { name, version, description, license, type, engines } = readJson('packages/cli/package.json');
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  const names = imports
    .filter(({ external, path }) => external && !isBuiltin(path))
    .map(({ path }) => packageOf(path));
  const versions = thirdParty();
  const dependencies = Object.fromEntries(
    [...new Set(names)].sort().map((name) => [name, versions.get(name)]),
  );
  return {
    name,
    version,
    description,
    license,
    type,
    bin: { watchbill: 'bin/watchbill.mjs' },
    exports: { './package.json': './package.json' },
    engines,
    dependencies,
  };
}

function packageOf(path) {
  return path
    .split('/')
    .slice(0, path.startsWith('@') ? 2 : 1)
    .join('/');
}

function copyPlainFiles(folder) {
  cpSync(join(ROOT, 'packages/cli/bin'), join(folder, 'bin'), { recursive: true });
  cpSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  const readme = ['packages/cli/README.md', 'README.md'].find((path) => existsSync(join(ROOT, path)));
  if (readme === undefined) throw new Error('neither packages/cli/README.md nor README.md is there to pack');
  cpSync(join(ROOT, readme), join(folder, 'README.md'));
}

function tarball(folder, out) {
  const run = spawnSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', out], {
    cwd: folder,
    encoding: 'utf8',
    timeout: PACK_TIMEOUT_MS,
  });
  if (run.status !== 0) throw new Error(`npm pack failed: ${run.error?.message ?? run.stderr}`);
  return join(out, JSON.parse(run.stdout)[0].filename);
}

function readJson(path) {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
}
