import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The programs that `scripts/tikv/build.mjs` makes. */
export interface TikvPrograms {
  readonly pd: string;
  readonly store: string;
  /** Transactions by client-go, to compare with. */
  readonly reference: string;
}

const BUILD = join(dirname(fileURLToPath(import.meta.url)), '../../../../scripts/tikv/build.mjs');
const WHERE_TIMEOUT_MS = 60_000;
/** Cold, beside other work; warm it is ten seconds. */
const BUILD_TIMEOUT_MS = 40 * 60_000;

/** Where the programs are; null where they are not built. */
export function findTikv(): TikvPrograms | null {
  try {
    return programsOf(run(['--where'], WHERE_TIMEOUT_MS, 'ignore'));
  } catch {
    return null;
  }
}

/** The programs, built where they are missing, with the lines of the build on standard error. Throws where Go is missing. */
export function builtTikv(): TikvPrograms {
  return programsOf(run([], BUILD_TIMEOUT_MS, 'inherit'));
}

function run(args: readonly string[], timeoutMs: number, stderr: 'ignore' | 'inherit'): string {
  return execFileSync(process.execPath, [BUILD, ...args], {
    encoding: 'utf8',
    timeout: timeoutMs,
    stdio: ['ignore', 'pipe', stderr],
  });
}

function programsOf(lines: string): TikvPrograms {
  const [pd, store, reference] = lines.trim().split('\n');
  if (pd === undefined || store === undefined || reference === undefined) {
    throw new Error(`scripts/tikv/build.mjs named no three programs: ${lines}`);
  }
  return { pd, store, reference };
}
