// A peer in a separate process: two logs that are synced one after the other, as store and ledger of
// watchbill are. It decides nothing. The floor of every service in Node with this order of flushes.

import { fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { inBatches } from './batches.ts';
import { servePeer } from './claim-server.ts';

export interface TwoLogsSetUp {
  readonly folder: string;
  /** Bytes of a grant in each log. */
  readonly bytes: readonly number[];
}

servePeer<TwoLogsSetUp>(async ({ folder, bytes }) => {
  const logs = bytes.map((length, index) => ({
    file: openSync(join(folder, `peer-${index}.log`), 'a'),
    entry: Buffer.alloc(length, 'e'),
  }));
  return inBatches((claims) => {
    for (const { file, entry } of logs) {
      const batch = Buffer.concat(claims.map(() => entry));
      for (let from = 0; from < batch.length; ) from += writeSync(file, batch, from);
      fdatasyncSync(file);
    }
    return claims.map(() => true);
  });
});
