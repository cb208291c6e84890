import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeObservation, mapFields, merge, type ObservationRecord } from './record.ts';

/** A record whose session has this number and receipt. */
function textWith(session: string, receipt = '"1"'): string {
  const nulls = '"finalizedBlock":null,"setId":null,"beefySetId":null,"round":null';
  return `{"v":2,${nulls},"session":${session},"receipts":{${nulls},"session":${receipt}}}`;
}

test('numbers are canonical decimal text', () => {
  const { observation, receipts } = decodeObservation('watcher', textWith('"0"', '"10"'));
  assert.deepEqual([observation.session, receipts.session], [0n, '10']);
  for (const odd of ['""', '"01"', '"-1"', '"1 "', '" 1"', '"x1"', '"1x"', '"0x1"', '"1.5"', '1']) {
    assert.throws(() => decodeObservation('watcher', textWith(odd)), /the observation record.*session/, odd);
    assert.throws(() => decodeObservation('watcher', textWith('"1"', odd)), /receipts\.session/, odd);
  }
});

const BEFORE: ObservationRecord = {
  observation: { observer: 'watcher', ...mapFields(() => null), setId: 7n, round: 90n, session: 3n },
  receipts: { ...mapFields(() => null), setId: '4', round: '9', session: '2' },
};

test('the first report of an observer has its fields alone, each reported once', () => {
  const { record, said } = merge('watcher', undefined, { chain: 'c', setId: '7', round: '0', session: null });
  assert.deepEqual(said, ['setId', 'round']);
  assert.deepEqual(record, {
    observation: { observer: 'watcher', ...mapFields(() => null), setId: 7n, round: 0n },
    receipts: { ...mapFields(() => null), setId: '1', round: '1' },
  });
});

test('the round of the old set does not stand beside a new set, unless it is reported with it', () => {
  assert.equal(merge('watcher', BEFORE, { chain: 'c', setId: '8' }).record.observation.round, null);
  assert.equal(merge('watcher', BEFORE, { chain: 'c', setId: '8', round: '1' }).record.observation.round, 1n);
  assert.equal(merge('watcher', BEFORE, { chain: 'c', setId: '7' }).record.observation.round, 90n);
  assert.equal(merge('watcher', BEFORE, { chain: 'c', session: '4' }).record.observation.round, 90n);
});

test('a field that is no u64 in decimal text is refused by its name', () => {
  const most = ((1n << 64n) - 1n).toString();
  assert.equal(merge('w', undefined, { chain: 'c', round: most }).record.observation.round, BigInt(most));
  assert.equal(merge('w', undefined, { chain: 'c', round: '20' }).record.observation.round, 20n);
  for (const round of ['', '01', '-1', '1.0', ' 1', '1 ', 'x', '0x1', (1n << 64n).toString(), '1'.repeat(21)])
    assert.throws(
      () => merge('w', undefined, { chain: 'c', round }),
      { name: 'PermitFault', code: 'number-too-large', message: /^round is not/ },
      round,
    );
});
