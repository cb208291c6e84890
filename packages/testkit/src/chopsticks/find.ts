import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHAINS, type ChainName } from './chains.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const INSTALL = join(ROOT, 'scripts/chopsticks/install.mjs');
/** A cold install from npm packages takes one to three minutes. */
const INSTALL_TIMEOUT_MS = 20 * 60_000;

/** The program that serves one chain. */
export const SERVE = join(ROOT, 'scripts/chopsticks/serve.mjs');

/** The folder of raw chain specifications: `WATCHBILL_CHAIN_SPECS`, or the one beside the clone. */
export function specFolder(): string {
  return process.env.WATCHBILL_CHAIN_SPECS ?? join(ROOT, '../shared/data/chain-specs');
}

/** Why no real runtime can be run here, with what to do; null where one can. */
export function chopsticksMissing(): string | null {
  const folder = specFolder();
  return existsSync(folder)
    ? null
    : `the folder of raw chain specifications is missing (${folder}): name it with WATCHBILL_CHAIN_SPECS`;
}

/** The same for some chains: the file that is missing, with what to do; null where all are there. */
export function chainsMissing(names: readonly ChainName[]): string | null {
  const folder = specFolder();
  const files = names.map((name) => `${CHAINS[name].file}.raw.json.gz`);
  const missing = files.find((file) => !existsSync(join(folder, file)));
  if (missing === undefined) return null;
  const all = files.join(', ');
  return `${missing} is missing in ${folder}: put ${all} into a folder (what they are: docs/how-to/nominate-service.md), and name it with WATCHBILL_CHAIN_SPECS`;
}

/** Where the packages of chopsticks are; installs them where they are not there yet, with progress on standard error. */
export function chopsticksModules(): string {
  const text = execFileSync(process.execPath, [INSTALL], {
    encoding: 'utf8',
    timeout: INSTALL_TIMEOUT_MS,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return text.trim();
}
