// The executables of Node that a release holds, as npm has them.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOrThrow } from './run.mjs';

/** Digests of `npm view node-linux-PROCESSOR@VERSION dist.integrity`, in hexadecimal digits. */
const SHA512 = {
  x64: 'de750bb336795f47dc898a46d2de93add029273027f3e16520d3fa3a2317ed5f07aefa404cf37ddfa5352e545e389ae22d16b87bcc84a900580a72f23cd02ced',
  arm64:
    '1692513c4cf63afbd32df8c83a5346158f492cf30a825e66f9de2819804b836e242759a6bcdd5997f1cf2601781c3689e752127afd65d5c459fc333e91e5d6e6',
};

/**
 * Keeps the package of Node for a processor in a folder, and refuses one with another digest. Unpacks it
 * below `work`, because two releases may be made at once.
 */
export function fetchNode(processor, version, { folder, work }) {
  const name = `node-linux-${processor}`;
  const tarball = join(folder, `${name}-${version}.tgz`);
  mkdirSync(folder, { recursive: true });
  if (!existsSync(tarball)) runOrThrow('npm', ['pack', '--silent', `${name}@${version}`], { cwd: folder });
  const sha512 = createHash('sha512').update(readFileSync(tarball)).digest('hex');
  if (sha512 !== SHA512[processor])
    throw new Error(
      `${name} ${version} has the digest ${sha512}; scripts/release/node.mjs expects another one`,
    );
  const into = join(work, name);
  mkdirSync(into, { recursive: true });
  const parts = ['package/bin/node', 'package/LICENSE', '--strip-components', '1'];
  runOrThrow('tar', ['--extract', '--file', tarball, '--directory', into, ...parts]);
  return {
    name,
    version,
    sha512,
    processor,
    executable: join(into, 'bin/node'),
    licence: join(into, 'LICENSE'),
  };
}
