import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The programs that `packages/duty/scripts/tikv/build.mjs` makes. */
export interface TikvPrograms {
  readonly pd: string;
  readonly store: string;
  /** Transactions by client-go, to compare with. */
  readonly reference: string;
}

const BUILD = join(dirname(fileURLToPath(import.meta.url)), '../../../duty/scripts/tikv/build.mjs');
const WHERE_TIMEOUT_MS = 60_000;

/** Runs a script of the repository to its end, and returns its output. */
export type RunScript = (
  args: readonly string[],
  options: { readonly timeout?: number; readonly stderr: 'ignore' | 'inherit' },
) => string;

/** The paths of the programs; null if they are not built. */
export function findTikv(run: RunScript = runBuildScript): TikvPrograms | null {
  try {
    return programsOf(run(['--where'], { timeout: WHERE_TIMEOUT_MS, stderr: 'ignore' }));
  } catch {
    return null;
  }
}

/**
 * The programs, built if they are missing, with the lines of the build on standard error. Throws if Go is
 * missing. The tier of tests that needs the build limits its time; a shorter limit here would end a build
 * that a busy machine was going to finish.
 */
export function builtTikv(run: RunScript = runBuildScript): TikvPrograms {
  return programsOf(run([], { stderr: 'inherit' }));
}

function runBuildScript(...[args, { timeout, stderr }]: Parameters<RunScript>): string {
  return execFileSync(process.execPath, [BUILD, ...args], {
    encoding: 'utf8',
    ...(timeout === undefined ? {} : { timeout }),
    stdio: ['ignore', 'pipe', stderr],
  });
}

function programsOf(lines: string): TikvPrograms {
  const [pd, store, reference] = lines.trim().split('\n');
  if (pd === undefined || store === undefined || reference === undefined) {
    throw new Error(`packages/duty/scripts/tikv/build.mjs named no three programs: ${lines}`);
  }
  return { pd, store, reference };
}
