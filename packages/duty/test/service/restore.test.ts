import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { copySqlite, putBackSqlite, type SqlitePart } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { type RestoreCase, restoreStore } from '../support/restores.ts';

leaveNothing('restore');

const options = { timeout: 180_000 };

interface FileCase extends Omit<RestoreCase, 'name'> {
  readonly name: string;
  readonly part: SqlitePart;
}

/** The copy is of a store that was open. Each service has a ledger of its own. */
const CASES: readonly FileCase[] = [
  {
    name: 'the store, under a service',
    part: 'all',
    services: 'running',
    disks: 'none',
    outcome: 'behind later',
  },
  { name: 'the store', part: 'all', services: 'stopped', disks: 'none', outcome: 'behind' },
  { name: 'its log alone', part: 'log', services: 'stopped', disks: 'none', outcome: 'behind' },
  { name: 'its file alone', part: 'file', services: 'stopped', disks: 'none', outcome: 'refuses' },
  { name: 'the whole folder', part: 'all', services: 'stopped', disks: 'all', outcome: 'held' },
];

/** A store in the file of the ledger comes back with it. */
const TOGETHER: RestoreCase = { name: 'one file', services: 'stopped', disks: 'all', outcome: 'held' };

const STORE = 'store.sqlite';

describe('embedded store, put back', { concurrency: 3 }, () => {
  for (const { part, ...one } of CASES)
    test(`${one.name}: ${one.outcome}`, options, (context) =>
      restoreStore(context, {
        count: 1,
        storeOf: (_ledger, dir) => ({ kind: 'sqlite', path: join(dir, STORE) }),
        cases: [one],
        backup: async ([dir]) => {
          assert.ok(dir !== undefined);
          const copy = copySqlite(join(dir, STORE), join(dir, 'copy'));
          return async () => putBackSqlite(copy, part);
        },
      }),
    );
  test(`${TOGETHER.name}: ${TOGETHER.outcome}`, options, (context) =>
    restoreStore(context, {
      count: 1,
      storeOf: () => ({ kind: 'sqlite' }),
      cases: [TOGETHER],
      // The folder of each service is put back as a disk.
      backup: async () => async () => undefined,
    }),
  );
});
