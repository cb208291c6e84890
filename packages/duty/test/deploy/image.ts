// An image of a release, unpacked by umoci, for runc.

import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const TIMEOUT_MS = 15 * 60_000;

/** Runs a program to its end. Throws with its output unless it exits with 0. */
export function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  const ended = spawnSync(program, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  if (ended.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${outputOf(ended)}`);
  return ended.stdout;
}

export function outputOf({ status, signal, error, stdout, stderr }: SpawnSyncReturns<string>): string {
  return [`status ${status ?? signal}`, error?.message, stdout, stderr].filter(Boolean).join('\n');
}

/** The archive of an image as a release has it, and the digest that a registry shows: `sha256:…`. */
export interface BuiltImage {
  readonly archive: string;
  readonly digest: string;
  /** The manifests by the processors that they are for. */
  readonly manifests: Readonly<Record<string, string>>;
}

interface Listed {
  readonly manifests: readonly { readonly digest: string; readonly platform: { architecture: string } }[];
}

/** The name of this processor in an image. */
export const HERE = process.arch === 'x64' ? 'amd64' : process.arch;

export function imageOf(release: string, name: string): BuiltImage {
  const [file = ''] = globSync(`${name}-image-*.tar`, { cwd: release });
  const archive = join(release, file);
  const digest = (JSON.parse(read(archive, 'index.json')) as Listed).manifests[0]?.digest ?? '';
  const { manifests } = JSON.parse(blob(archive, digest)) as Listed;
  const named = manifests.map((one) => [one.platform.architecture, one.digest]);
  return { archive, digest, manifests: Object.fromEntries(named) };
}

const read = (archive: string, name: string): string =>
  run('tar', ['--extract', '--to-stdout', '--file', archive, name]);
const blob = (archive: string, digest: string): string => read(archive, `blobs/${digest.replace(':', '/')}`);

/** The settings of the image, as docker shows them under `Config`. */
export interface ImageSettings {
  readonly User: string;
  readonly WorkingDir: string;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly StopSignal: string;
  readonly Healthcheck: { readonly Test: readonly string[] };
  readonly Labels: Readonly<Record<string, string>>;
  readonly Volumes?: Readonly<Record<string, unknown>>;
}

export function settingsOf({ archive, manifests }: BuiltImage, processor = HERE): ImageSettings {
  const manifest = JSON.parse(blob(archive, manifests[processor] ?? '')) as { config: { digest: string } };
  const read = JSON.parse(blob(archive, manifest.config.digest));
  assert.equal(read.architecture, processor);
  return read.config as ImageSettings;
}

/** Writes the files of the image for a processor into a folder. */
export function writeRoot({ archive, manifests }: BuiltImage, processor: string, folder: string): void {
  const { layers } = JSON.parse(blob(archive, manifests[processor] ?? ''));
  const layer = `blobs/${layers[0].digest.replace(':', '/')}`;
  run('sh', ['-c', 'mkdir "$2" && tar -xOf "$0" "$1" | tar -xz -C "$2"', archive, layer, folder]);
}

/** Reads the archive as docker and podman do, and unpacks the image into a bundle for runc: the folder. */
export function unpack({ archive, digest, manifests }: BuiltImage, folder: string): string {
  const storage = ['--root', join(folder, 'storage'), '--runroot', join(folder, 'run')];
  const buildah = (...args: readonly string[]) =>
    run('buildah', [...storage, '--storage-driver', 'vfs', ...args]);
  const pulled = buildah('pull', '--quiet', `oci-archive:${archive}`).trim();
  if (buildah('images', '--format', '{{.Digest}}').trim() !== digest)
    throw new Error(`${digest} is not kept`);
  const own = `docker-archive:${archive}:@${Object.keys(manifests).indexOf(HERE)}`;
  if (buildah('pull', '--quiet', own).trim() !== pulled) throw new Error('docker gets another image');
  buildah('push', '--quiet', pulled, `oci:${join(folder, 'oci')}:latest`);
  const bundle = join(folder, 'bundle');
  run('umoci', ['unpack', '--image', `${join(folder, 'oci')}:latest`, bundle]);
  return bundle;
}

interface Bundle {
  readonly process: { readonly args: readonly string[]; readonly env: readonly string[] };
  readonly root: { readonly path: string };
  readonly mounts: readonly { readonly destination: string }[];
  readonly linux: { readonly namespaces: readonly { readonly type: string }[] };
}

export interface ContainerSettings {
  readonly user: number;
  /** The folder of the service on this machine, shown read-only; its folder `data` is writable. */
  readonly home: string;
  /** Variables for the service, for example `{WATCHBILL_SERVICE_LISTEN_PORT: '8451'}`. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Makes a bundle for one service: a read-only root, no capability, no new privileges, and the loopback of
 * this machine. The rest is as the image says it.
 */
export function writeBundle(bundle: string, { user, home, env }: ContainerSettings): void {
  const file = join(bundle, 'config.json');
  const config = JSON.parse(readFileSync(file, 'utf8')) as Bundle;
  const none = { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] };
  const bind = (destination: string, source: string, mode: 'ro' | 'rw') => ({
    ...{ destination, source, type: 'bind' },
    options: ['bind', mode, 'nosuid', 'nodev', 'noexec'],
  });
  const own = ['/etc/watchbill', '/etc/watchbill/data'];
  const written = {
    ...config,
    root: { ...config.root, readonly: true },
    process: {
      ...config.process,
      ...{ terminal: false, user: { uid: user, gid: user }, capabilities: none, noNewPrivileges: true },
      // By this variable the watcher of `leaveNothing` finds the process if the test is killed.
      env: [
        ...config.process.env,
        ...Object.entries({ ...env, TMPDIR: process.env.TMPDIR }).map(([name, value]) => `${name}=${value}`),
      ],
    },
    mounts: [
      ...config.mounts.filter(({ destination }) => !own.includes(destination)),
      bind('/etc/watchbill', home, 'ro'),
      bind('/etc/watchbill/data', join(home, 'data'), 'rw'),
    ],
    linux: { ...config.linux, namespaces: config.linux.namespaces.filter(({ type }) => type !== 'network') },
  };
  writeFileSync(file, JSON.stringify(written));
}
