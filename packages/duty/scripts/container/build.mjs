#!/usr/bin/env node
/**
 * Builds the image of the permission service without a daemon, and prints the path of its archive and the id
 * of the image. Two builds of one commit give one id.
 *
 *   node packages/duty/scripts/container/build.mjs --out FOLDER [--tarball FILE]
 *
 * Needs buildah, and apt and dpkg of Debian 12 or later for the libraries of Node.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../../../../scripts/pinned.mjs';
import { runBuild } from '../../../../scripts/run-build.mjs';
import { runStep } from '../../../../scripts/run-step.mjs';
import { epochSeconds, revision, writeContext } from './context.mjs';

const AGAIN = 'node packages/duty/scripts/container/build.mjs --out FOLDER';

await runBuild({ what: 'the image of the service', again: AGAIN }, async () => {
  const { values } = parseArgs({ options: { out: { type: 'string' }, tarball: { type: 'string' } } });
  if (values.out === undefined) throw new Error(`name a folder for the image: ${AGAIN}`);
  const out = resolve(values.out);
  mkdirSync(out, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), 'watchbill-image-'));
  try {
    const tarball = values.tarball === undefined ? undefined : resolve(values.tarball);
    await writeContext(join(work, 'context'), tarball);
    console.log((await build(work, out)).join('\n'));
    return 0;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});

/** The archive is of docker's format, since that of OCI has no health check. */
async function build(work, out) {
  const { version } = readJson(join(work, 'context/rootfs/opt/watchbill/package.json'));
  const archive = join(out, `watchbill-${version}.tar`);
  if (existsSync(archive)) throw new Error(`${archive} exists; remove it, or name another folder`);
  const tag = `localhost/watchbill:${version}`;
  const step = { cwd: work, env: process.env, quiet: true };
  // The storage of this build alone; `vfs` needs no kernel module and no FUSE.
  const storage = [
    '--root',
    join(work, 'storage'),
    '--runroot',
    join(work, 'run'),
    '--storage-driver',
    'vfs',
  ];
  const labels = [`VERSION=${version}`, `REVISION=${revision()}`].flatMap((one) => ['--build-arg', one]);
  const stable = ['--format', 'docker', '--timestamp', String(epochSeconds()), '--no-cache', ...labels];
  const file = ['--file', join(ROOT, 'deploy/Containerfile')];
  await runStep(
    'buildah',
    [...storage, 'build', ...stable, ...file, '--tag', tag, join(work, 'context')],
    step,
  );
  await runStep('buildah', [...storage, 'push', tag, `docker-archive:${join(work, 'raw.tar')}:${tag}`], step);
  const parts = join(work, 'parts');
  mkdirSync(parts);
  await runStep('tar', ['--extract', '--file', join(work, 'raw.tar'), '--directory', parts], step);
  const id = withoutBuilder(parts);
  const plain = ['--sort=name', `--mtime=@${epochSeconds()}`, '--owner=0', '--group=0', '--numeric-owner'];
  const files = readdirSync(parts).filter((name) => name.endsWith('.json') || name.endsWith('.tar'));
  await runStep(
    'tar',
    ['--create', '--file', archive, ...plain, '--directory', parts, ...files.sort()],
    step,
  );
  return [archive, id];
}

/**
 * Removes the random names of buildah's working container from the configuration of the image.
 * @param {string} parts the folder of an extracted archive
 * @returns {string} the id of the image: the digest of the configuration, which names the layer by its digest
 */
function withoutBuilder(parts) {
  const [manifest] = readJson(join(parts, 'manifest.json'));
  const { container: _, container_config: __, ...config } = readJson(join(parts, manifest.Config));
  const { Hostname: ___, ...settings } = config.config;
  const text = JSON.stringify({ ...config, config: settings });
  const digest = createHash('sha256').update(text).digest('hex');
  rmSync(join(parts, manifest.Config), { force: true });
  writeFileSync(join(parts, `${digest}.json`), text);
  writeFileSync(join(parts, 'manifest.json'), JSON.stringify([{ ...manifest, Config: `${digest}.json` }]));
  return `sha256:${digest}`;
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
