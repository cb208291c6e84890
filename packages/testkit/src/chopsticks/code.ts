import { readFileSync } from 'node:fs';
import type { ChainName } from './chains.ts';
import { genesisFile } from './spec.ts';

/** Storage key of a runtime's code: the bytes of `:code`. */
export const CODE_KEY = '0x3a636f6465';

/** The code of a chain's runtime as `0x…`: with it, one chain can be upgraded to another one's runtime. */
export function runtimeCode(name: ChainName): string {
  const spec = JSON.parse(readFileSync(genesisFile(name), 'utf8'));
  const code: unknown = spec.genesis.raw.top[CODE_KEY];
  if (typeof code !== 'string') throw new Error(`${name} has no code in its genesis`);
  return code;
}
