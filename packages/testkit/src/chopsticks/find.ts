import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ChainName } from './chains.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const INSTALL = join(ROOT, 'scripts/chopsticks/install.mjs');
const SPECS = join(ROOT, 'packages/testkit/chain-specs');

/** The program that serves one chain. */
export const SERVE = join(ROOT, 'scripts/chopsticks/serve.mjs');

/** The folder of raw chain specifications: `WATCHBILL_CHAIN_SPECS`, by default that of the testkit. */
function specFolder(): string {
  return process.env.WATCHBILL_CHAIN_SPECS || SPECS;
}

/** The raw specification of a chain, packed (`.raw.json.zst`) or plain (`.raw.json`). Throws if missing. */
export function specFile(name: ChainName): string {
  const found = filesOf(name).find((file) => existsSync(file));
  if (found === undefined) throw new Error(missingText([name]));
  return found;
}

/**
 * The reason why these chains cannot run, and the remedy; null if the specifications of all of them exist.
 */
export function chainsMissing(names: readonly ChainName[]): string | null {
  const missing = names.filter((name) => !filesOf(name).some((file) => existsSync(file)));
  return missing.length === 0 ? null : missingText(missing);
}

function filesOf(name: ChainName): readonly string[] {
  return ['.zst', ''].map((end) => join(specFolder(), `${name}.raw.json${end}`));
}

function missingText(names: readonly ChainName[]): string {
  const files = names.map((name) => `${name}.raw.json.zst`).join(', ');
  const remedy =
    specFolder() === SPECS
      ? 'restore the folder with: git restore packages/testkit/chain-specs'
      : `put ${files} there (see packages/testkit/chain-specs/README.md), or unset WATCHBILL_CHAIN_SPECS and --specs`;
  return `${files} missing in ${specFolder()}: ${remedy}`;
}

/** Installs the packages of chopsticks if needed, with progress on standard error. Returns their folder. */
export function chopsticksModules(): string {
  const text = execFileSync(process.execPath, [INSTALL], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return text.trim();
}
