import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `debian`: the distribution's packages (3.4). `v3.6`: built from Go modules by `scripts/etcd/build.mjs`. */
export type EtcdBinary = 'debian' | 'v3.6';

export type FoundEtcd =
  | {
      readonly found: true;
      readonly etcd: string;
      readonly etcdctl: string;
      /** Null if it was not installed or built: 3.4 has none. */
      readonly etcdutl: string | null;
      readonly version: string;
    }
  /** `why` names the command to run. */
  | { readonly found: false; readonly why: string };

const BUILD = join(dirname(fileURLToPath(import.meta.url)), '../../../../scripts/etcd/build.mjs');
const DEBIAN = '/usr/bin';
const TIMEOUT_MS = 60_000;

/** The paths of the programs, or the reason why they are missing. */
export function findEtcd(binary: EtcdBinary): FoundEtcd {
  return binary === 'debian' ? inFolder(DEBIAN, 'apt-get install etcd-server etcd-client') : built();
}

function built(): FoundEtcd {
  try {
    const folder = execFileSync(process.execPath, [BUILD, '--where'], {
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return inFolder(folder, 'node scripts/etcd/build.mjs');
  } catch {
    return { found: false, why: 'etcd 3.6 is not built yet; run: node scripts/etcd/build.mjs' };
  }
}

function inFolder(folder: string, remedy: string): FoundEtcd {
  const [etcd, etcdctl] = [join(folder, 'etcd'), join(folder, 'etcdctl')];
  const missing = [etcd, etcdctl].find((path) => !existsSync(path));
  if (missing !== undefined) return { found: false, why: `${missing} is missing; run: ${remedy}` };
  const text = execFileSync(etcd, ['--version'], { encoding: 'utf8', timeout: TIMEOUT_MS });
  const version = /etcd Version: (\S+)/.exec(text)?.[1];
  if (version === undefined) return { found: false, why: `${etcd} does not report its version` };
  const etcdutl = join(folder, 'etcdutl');
  return { found: true, etcd, etcdctl, etcdutl: existsSync(etcdutl) ? etcdutl : null, version };
}
