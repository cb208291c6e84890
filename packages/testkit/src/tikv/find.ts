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

/**
 * The programs, built if they are missing, with the lines of the build on standard error. Throws if Go is
 * missing. The tier of tests that needs the build limits its time; a shorter limit here would end a build
 * that a busy machine was going to finish.
 */
export function builtTikv(): TikvPrograms {
  const lines = execFileSync(process.execPath, [BUILD], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [pd, store, reference] = lines.trim().split('\n');
  if (pd === undefined || store === undefined || reference === undefined) {
    throw new Error(`packages/duty/scripts/tikv/build.mjs named no three programs: ${lines}`);
  }
  return { pd, store, reference };
}
