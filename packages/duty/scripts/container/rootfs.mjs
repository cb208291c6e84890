// The whole root of the image: Node, the Debian libraries that it needs, and the installed npm package.

import {
  chmodSync,
  copyFileSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { PINNED_NODE } from '../../../../scripts/pinned.mjs';
import { runStep } from '../../../../scripts/run-step.mjs';

/** Debian packages with the shared libraries of Node. The last one holds the licence of the second. */
const LIBRARIES = ['libc6', 'libgcc-s1', 'libstdc++6', 'gcc-12-base'];
/** Folders of these packages that Node never opens. */
const UNUSED = ['gconv', 'lintian', 'gdb', 'gcc'];
/** The user of the image. Tests and Kubernetes run it as other users too. */
const USER = 10001;

const PLAIN_FILES = {
  'etc/passwd': `root:x:0:0:root:/root:/sbin/nologin\nwatchbill:x:${USER}:${USER}:watchbill:/etc/watchbill:/sbin/nologin\n`,
  'etc/group': `root:x:0:\nwatchbill:x:${USER}:\n`,
  'etc/nsswitch.conf': 'hosts: files dns\n',
};
/** There is no `env` in the image, so the first line names Node itself. */
const LAUNCHER = `#!/usr/bin/node\nimport('/opt/watchbill/bin/watchbill.mjs');\n`;

/**
 * Writes the root into an empty folder.
 * @param {string} root
 * @param {{ tarball: string, epochSeconds: number, work: string }} from `work`: an empty folder for downloads
 */
export async function writeRootfs(root, { tarball, epochSeconds, work }) {
  await debianLibraries(root, join(work, 'debian'));
  await installPackage(root, tarball, join(work, 'npm'));
  writeFile(root, 'usr/bin/watchbill', LAUNCHER, 0o755);
  for (const [path, text] of Object.entries(PLAIN_FILES)) writeFile(root, path, text, 0o644);
  copyFileSync(PINNED_NODE, join(root, 'usr/bin/node'));
  chmodSync(join(root, 'usr/bin/node'), 0o755);
  mkdirSync(join(root, 'etc/watchbill'), { recursive: true });
  mkdirSync(join(root, 'tmp'));
  chmodSync(join(root, 'tmp'), 0o1777);
  normalise(root, epochSeconds);
}

/** apt checks the signature of each package. */
async function debianLibraries(root, folder) {
  mkdirSync(folder, { recursive: true });
  const step = { cwd: folder, env: process.env, quiet: true };
  const download = ['download', '-q', '-o', 'APT::Sandbox::User=root', ...LIBRARIES];
  // A bare machine has no package lists yet.
  await runStep('apt-get', download, step).catch(async () => {
    await runStep('apt-get', ['-q', 'update'], step);
    await runStep('apt-get', download, step);
  });
  for (const name of LIBRARIES) {
    const deb = readdirSync(folder).find((file) => file.startsWith(`${name}_`));
    if (deb === undefined) throw new Error(`apt-get download wrote no file for ${name} into ${folder}`);
    await runStep('dpkg-deb', ['--extract', deb, root], step);
    const control = await runStep('dpkg-deb', ['--field', deb], { ...step, answer: true });
    writeFile(root, `var/lib/dpkg/status.d/${name}`, control, 0o644);
  }
  for (const entry of readdirSync(join(root, 'usr'), { recursive: true, withFileTypes: true }))
    if (entry.isDirectory() && UNUSED.includes(entry.name))
      rmSync(join(entry.parentPath, entry.name), { recursive: true, force: true });
}

async function installPackage(root, tarball, prefix) {
  mkdirSync(prefix, { recursive: true });
  // Settings of a run by npm would change where this one installs.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await runStep('npm', ['install', '--global', '--prefix', prefix, ...quiet, tarball], { cwd: prefix, env });
  mkdirSync(join(root, 'opt'), { recursive: true });
  const home = join(root, 'opt/watchbill');
  renameSync(join(prefix, 'lib/node_modules/watchbill'), home);
  // The lock file that npm leaves here names the folder of this build.
  rmSync(join(home, 'node_modules/.package-lock.json'), { force: true });
  if (!existsSync(join(home, 'bin/watchbill.mjs')))
    throw new Error(`${basename(tarball)} has no bin/watchbill.mjs`);
}

function writeFile(root, path, text, mode) {
  const file = join(root, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
}

/** The umask and the clock of this machine must not reach the image. */
function normalise(root, epochSeconds) {
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory() && path !== join(root, 'tmp')) chmodSync(path, 0o755);
    if (entry.isFile()) chmodSync(path, isExecutable(path) ? 0o755 : 0o644);
    lutimesSync(path, epochSeconds, epochSeconds);
  }
  chmodSync(root, 0o755);
  lutimesSync(root, epochSeconds, epochSeconds);
}

/** By its first bytes: npm keeps the modes of tarballs, which differ with the machine that packed them. */
function isExecutable(path) {
  const head = readFileSync(path).subarray(0, 4).toString('latin1');
  return head.startsWith('#!') || head === '\u007fELF';
}
