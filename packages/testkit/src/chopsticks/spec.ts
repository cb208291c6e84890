import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CHAINS, type ChainName } from './chains.ts';
import { chopsticksMissing, specFolder } from './find.ts';
import { fixedGenesis, GENESIS_MS, type RawStorage } from './genesis.ts';

/** Counts the ways in which the unpacked specifications were written. */
const WRITING = 1;

/**
 * The unpacked specification of a chain, with its clock and this storage in the genesis, as a file in the cache. Throws where the
 * specifications are missing.
 */
export function genesisFile(name: ChainName, storage: RawStorage = {}): string {
  const missing = chopsticksMissing();
  if (missing !== null) throw new Error(missing);
  const chain = CHAINS[name];
  const packed = readFileSync(join(specFolder(), `${chain.file}.raw.json.gz`));
  const recipe = JSON.stringify([WRITING, GENESIS_MS, chain, Object.entries(storage).sort()]);
  const hash = createHash('sha256').update(packed).update(recipe).digest('hex').slice(0, 16);
  const folder = join(cacheRoot(), 'chain-specs');
  const file = join(folder, `${name}-${hash}.json`);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  // One rename, so that another process sees all of it or none.
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, fixedGenesis(gunzipSync(packed).toString('utf8'), chain, storage));
  renameSync(unfinished, file);
  return file;
}

/** The same as `scripts/build-cache.mjs` uses. */
function cacheRoot(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'watchbill');
}
