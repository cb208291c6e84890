// Parts that a release may have: the gated test node with the script that runs a pair, and the image.

import { copyFileSync, globSync, lutimesSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureNode } from '../node/build.mjs';
import { assembleSpec, readManifest } from '../node/spec.mjs';
import { ROOT } from '../pinned.mjs';
import { runOrThrow } from './run.mjs';

const IMAGE = join(ROOT, 'packages/duty/scripts/container/build.mjs');
const CHAIN = 'watchbill-devnet-4';
const CRATE =
  /^\[\[package\]\]\nname = "(.+)"\nversion = "(.+)"\n(?:source = .+\n)?(?:checksum = "(.+)"\n)?/gm;

/** Writes the archive into `out`, and builds the node if it is not built. */
export async function packTestNode({ work, out, origin }) {
  const name = `watchbill-test-node-${origin.version}-linux-${process.arch}`;
  const folder = join(work, name);
  mkdirSync(folder);
  const node = await ensureNode();
  copyFileSync(node, join(folder, 'watchbill-devnode'));
  for (const file of ['pair.sh', 'README.md'])
    copyFileSync(join(ROOT, 'deploy/test-node', file), join(folder, file));
  copyFileSync(join(ROOT, 'substrate/devnode/LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'chain.json'), assembleSpec(CHAIN));
  writeFileSync(join(folder, 'genesis'), `${readManifest().specs[CHAIN].genesis}\n`);
  const crates = readFileSync(join(ROOT, 'substrate/Cargo.lock'), 'utf8');
  writeFileSync(join(folder, 'sbom.cdx.json'), `${JSON.stringify(cratesOf(crates, origin), null, 2)}\n`);
  runOrThrow('chmod', ['-R', 'u=rwX,go=rX', folder]);
  for (const file of ['', ...globSync('*', { cwd: folder })])
    lutimesSync(join(folder, file), origin.epoch, origin.epoch);
  const flags = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--format=gnu'];
  const tar = join(work, `${name}.tar`);
  runOrThrow('tar', [...flags, '--create', '--file', tar, '--directory', work, name]);
  press(tar, join(out, `${name}.tar.xz`));
}

/** Writes the image for `docker load` and `podman load`, from the npm package of the release. */
export function packImage({ work, out, tarball, origin }) {
  const folder = join(work, 'image');
  runOrThrow(process.execPath, [IMAGE, '--out', folder, '--tarball', join(out, tarball)]);
  const name = `watchbill-image-${origin.version}-linux-${process.arch}.tar.xz`;
  press(join(folder, `watchbill-${origin.version}.tar`), join(out, name));
}

/** One thread and a low level: more threads give other bytes, and a higher level takes minutes. */
function press(tar, to) {
  runOrThrow('xz', ['--threads=1', '-1', tar]);
  copyFileSync(`${tar}.xz`, to);
}

/** Every crate that the lock file names, as a bill of materials. */
export function cratesOf(lock, { version }) {
  const components = [...lock.matchAll(CRATE)].map(([, name, number, checksum]) => ({
    type: 'library',
    'bom-ref': `pkg:cargo/${name}@${number}`,
    name,
    version: number,
    ...(checksum === undefined ? {} : { hashes: [{ alg: 'SHA-256', content: checksum }] }),
    purl: `pkg:cargo/${name}@${number}`,
  }));
  const node = { type: 'application', name: 'watchbill-test-node', version };
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: node },
    components,
  };
}
