// The sources of the Rust library from Debian's package `rust-src`, without being root and without a change
// to the machine.

import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runStep } from '../run-step.mjs';

/** The packages that were tried, by the version of the compiler. All are of architecture "all". */
const PACKAGES = {
  '1.95.0': {
    suite: 'trixie-backports',
    version: '1.95.0+dfsg1-2~bpo13+1',
    sha256: '7b76db5b880a77f9e52975d2baa6209d2f76d2c9c2789515c3088cb960e2c83b',
  },
};
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Downloads and unpacks the sources of one version of the library.
 * @param {string} version of the compiler, such as `1.95.0`
 * @param {string} work an own folder, which everything is put into
 * @returns {Promise<string>} the folder `library`
 * @throws {Error} where there is no apt, no such package, or one with other content
 */
export async function fetchDebianLibrary(version, work) {
  const wanted = PACKAGES[version];
  if (wanted === undefined) {
    throw new Error(
      `no Debian package of the library's sources is known for Rust ${version} (known: ${Object.keys(PACKAGES).join(', ')}). ` +
        'Run "rustup target add wasm32v1-none" or "rustup component add rust-src", or use a known version',
    );
  }
  const folder = join(work, 'apt');
  const env = { ...process.env, APT_CONFIG: writeAptConfig(folder, wanted.suite) };
  const options = { cwd: folder, env };
  await runStep('apt-get', ['update', '-qq'], options);
  await runStep('apt-get', ['download', '-qq', `rust-src=${wanted.version}`], options);
  const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.deb')) ?? 'rust-src.deb');
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (sha256 !== wanted.sha256) {
    throw new Error(`rust-src ${wanted.version} has the hash ${sha256}, expected ${wanted.sha256}`);
  }
  await runStep('dpkg-deb', ['--extract', file, join(work, 'package')], options);
  return join(work, 'package', 'usr', 'src', `rustc-${version}`, 'library');
}

/** A separate apt: state, cache and sources in `folder`; Debian's keys as on the machine. */
function writeAptConfig(folder, suite) {
  for (const name of ['state/lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  writeFileSync(
    join(folder, 'sources.list'),
    `deb [signed-by=${KEYRING}] ${machineMirror()} ${suite} main\n`,
  );
  const config = join(folder, 'apt.conf');
  const lines = [
    `Dir::State "${folder}/state";`,
    'Dir::State::status "/var/lib/dpkg/status";',
    `Dir::Cache "${folder}/cache";`,
    `Dir::Etc::sourcelist "${folder}/sources.list";`,
    'Dir::Etc::sourceparts "-";',
    'Acquire::Languages "none";',
    'APT::Sandbox::User "root";',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  return config;
}

/** The Debian mirror that this machine uses already. */
function machineMirror() {
  const files = globSync(['/etc/apt/sources.list', '/etc/apt/sources.list.d/*.{list,sources}']);
  const words = files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => !line.trimStart().startsWith('#'))
      .flatMap((line) => line.split(/\s+/)),
  );
  const mirror = words.find((word) => /^https?:\/\/\S+\/debian\/?$/.test(word));
  if (mirror === undefined) {
    throw new Error(
      'this machine has no Debian mirror in /etc/apt to take rust-src from; ' +
        'run "rustup target add wasm32v1-none" or "rustup component add rust-src" instead',
    );
  }
  return mirror;
}
