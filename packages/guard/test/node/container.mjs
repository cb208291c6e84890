// The configuration of a container for runc (runtime-spec 1.0): the programs of this machine, read-only,
// without capabilities, on the network of this machine; only the given folders can be written.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const OWN = ['dev', 'proc', 'run', 'sys'];
const OPTIONS = ['nosuid', 'nodev'];

/** Writes the bundle, and gives the command line of runc. */
export function containerOf(folder, command, { runtime, writable }) {
  const bundle = join(folder, 'bundle');
  for (const path of [join(bundle, 'rootfs'), ...writable]) mkdirSync(path, { recursive: true });
  const bind = (path, access) => ({
    ...{ destination: path, source: path, type: 'bind', options: ['rbind', access, ...OPTIONS] },
  });
  const memory = (destination, options) => ({
    ...{ destination, source: 'tmpfs', type: 'tmpfs', options: [...OPTIONS, ...options] },
  });
  const config = {
    ociVersion: '1.0.2',
    process: {
      user: { uid: 0, gid: 0 },
      args: command,
      env: [`PATH=${process.env.PATH}`],
      cwd: '/',
      noNewPrivileges: true,
    },
    root: { path: 'rootfs', readonly: true },
    mounts: [
      { destination: '/proc', source: 'proc', type: 'proc' },
      { destination: '/dev', source: 'tmpfs', type: 'tmpfs', options: ['nosuid', 'mode=755'] },
      ...readdirSync('/')
        .filter((name) => !OWN.includes(name))
        .map((name) => bind(`/${name}`, 'ro')),
      ...['/run', '/dev/shm'].map((path) => memory(path, ['mode=755'])),
      memory(runtime, ['mode=700']),
      ...writable.map((path) => bind(path, 'rw')),
    ],
    linux: { namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })) },
  };
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
  return ['runc', ['--root', join(folder, 'runc'), 'run', '--bundle', bundle, 'eve']];
}
