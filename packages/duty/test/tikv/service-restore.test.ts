import { after, before, test } from 'node:test';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import {
  putBackTikvDisks,
  snapshotTikvDisks,
  startTikvCluster,
  type TikvCluster,
} from '@watchbill/testkit/tikv';
import { type RestoreCase, restoreStore } from '../support/restores.ts';

leaveNothing('restore');

const options = { timeout: 300_000 };

let cluster: TikvCluster;
before(async () => {
  cluster = await startTikvCluster();
});
after(() => cluster?.close());

const RUNNING: RestoreCase = { name: 'services run', services: 'running', disks: 'none', outcome: 'behind' };

interface Kind {
  readonly name: string;
  readonly of: 'members' | 'stores' | 'pds';
  readonly cases: readonly RestoreCase[];
}

const KINDS: readonly Kind[] = [
  {
    name: 'the disks of PD and stores',
    of: 'members',
    cases: [
      RUNNING,
      { name: 'one disk of two is put back too', services: 'stopped', disks: 'one', outcome: 'behind' },
      { name: 'all disks are put back too', services: 'stopped', disks: 'all', outcome: 'held' },
    ],
  },
  { name: 'the disks of the stores alone', of: 'stores', cases: [RUNNING] },
  { name: 'the disks of PD alone: nothing is lost', of: 'pds', cases: [{ ...RUNNING, outcome: 'goes on' }] },
];

for (const [index, { name, of, cases }] of KINDS.entries())
  test(`services on TiKV, put back: ${name}`, options, (context) =>
    restoreStore(context, {
      count: 2,
      // The members need ten seconds to start.
      sessionTtlMs: 30_000,
      storeOf: (ledger) => {
        const prefix = `/restore-${index}-${ledger}/`;
        return { kind: 'tikv', endpoints: cluster.endpoints, prefix };
      },
      cases,
      backup: async () => {
        const copy = await snapshotTikvDisks(cluster);
        return () => putBackTikvDisks(cluster, copy, cluster[of]);
      },
    }),
  );
