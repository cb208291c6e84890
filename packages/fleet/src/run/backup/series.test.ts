import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BACKUP_SERIES, type BackupSeries, type BackupState, backupText, readBackupText } from './series.ts';

const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const series = Object.keys(BACKUP_SERIES) as BackupSeries[];

test('what a backup writes is read as it was written', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...series), number, { minKeys: 1 }), (values) => {
      const state: BackupState = { network: 'harbour', node: 'backup-east-0', values: { ...values } };
      assert.deepEqual(readBackupText(backupText(state)), state);
    }),
  );
});

test('half a file, another one and values that are none are never taken for a backup', () => {
  const state = { network: 'n', node: 'a', values: { finished: 1_790_000_000, height: 7 } };
  const text = backupText(state);
  assert.equal(readBackupText(text.slice(0, -12)), null);
  assert.equal(readBackupText(text.replace(' 7', ' NaN')), null);
  assert.equal(readBackupText(text.replace(' 7', ' -7')), null);
  assert.equal(readBackupText(text + backupText({ ...state, node: 'b' })), null);
  assert.equal(readBackupText('node_load1 7\n'), null);
  assert.equal(readBackupText(''), null);
  assert.equal(readBackupText(backupText({ ...state, values: { finished: null } })), null);
});
