import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { CHAINS, type ChainName } from './chains.ts';
import { specFile } from './find.ts';
import { fixedGenesis, GENESIS_MS, type RawStorage } from './genesis.ts';

/** The version of the form of the unpacked specifications. */
const WRITING = 1;

/**
 * The unpacked specification of a chain, with its clock and this storage in the genesis, as a file in the
 * cache. Throws if the specification is missing or damaged.
 */
export function genesisFile(name: ChainName, storage: RawStorage = {}): string {
  const chain = CHAINS[name];
  const source = specFile(name);
  const stored = readFileSync(source);
  const recipe = JSON.stringify([WRITING, GENESIS_MS, chain, Object.entries(storage).sort()]);
  const hash = createHash('sha256').update(stored).update(recipe).digest('hex').slice(0, 16);
  const folder = join(cacheRoot(), 'chain-specs');
  const file = join(folder, `${name}-${hash}.json`);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  // One rename, so that another process sees either the whole file or no file.
  const unfinished = `${file}.${process.pid}`;
  const text = source.endsWith('.zst') ? zstdDecompressSync(stored) : stored;
  writeFileSync(unfinished, fixedGenesis(text.toString('utf8'), chain, storage));
  renameSync(unfinished, file);
  return file;
}

/** The same as in `scripts/build-cache.mjs`. */
function cacheRoot(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'watchbill');
}
