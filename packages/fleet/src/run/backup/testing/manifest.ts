import { createHash } from 'node:crypto';
import { inOrder, type Manifest, totalOf } from '../manifest.ts';
import type { NodeFacts } from '../run-state.ts';

export const GENESIS = `0x${'a1'.repeat(32)}`;
export const HASH = `0x${'b2'.repeat(32)}`;

export const FACTS: NodeFacts = {
  genesis: GENESIS,
  nodeVersion: '1.0.0',
  best: { number: 12, hash: HASH },
  finalised: { number: 10, hash: HASH },
  isSyncing: false,
  peers: 3,
};

/** Files of a node's folder with their contents, by path. */
export const DATABASE: Readonly<Record<string, string>> = {
  'data/chains/x/db/full/000001.sst': 'first',
  'data/chains/x/db/full/000002.sst': 'second',
  'data/chains/x/db/full/CURRENT': 'MANIFEST-3',
};

/** A manifest of files with these contents. */
export function manifestFor(
  contents: Readonly<Record<string, string>> = DATABASE,
  change: Partial<Manifest> = {},
): Manifest {
  const files = inOrder(
    Object.entries(contents).map(([path, text]) => ({
      path,
      bytes: Buffer.byteLength(text),
      sha256: createHash('sha256').update(text).digest('hex'),
    })),
  );
  return {
    format: 'watchbill/backup/1',
    id: '20261121T010203Z-10',
    network: 'harbour',
    genesis: GENESIS,
    chainId: 'x',
    node: 'backup-here-0',
    pool: 'backup',
    role: 'backup',
    pruning: 256,
    database: 'rocksdb',
    nodeVersion: FACTS.nodeVersion,
    best: FACTS.best,
    finalised: FACTS.finalised,
    files,
    volumes: [],
    totalBytes: totalOf(files),
    tool: { kind: 'folder', version: 'cp' },
    madeAt: '2026-11-21T01:02:03.000Z',
    leftOut: [],
    ...change,
  };
}
