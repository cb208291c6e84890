import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeObservation, encodeObservation, FIELDS, mapFields, NO_RECEIPTS } from './record.ts';

const ONE = {
  observation: { observer: 'watcher', ...mapFields(() => null), setId: 7n, round: 9n },
  receipts: { ...NO_RECEIPTS, setId: '3', round: '3' },
};
const RECEIPTS = '{"beefySetId":null,"finalizedBlock":null,"round":"3","session":null,"setId":"3"}';

/** A record whose session has this number and receipt. */
function textWith(session: string, receipt = '"1"'): string {
  const nulls = '"finalizedBlock":null,"setId":null,"beefySetId":null,"round":null';
  return `{"v":2,${nulls},"session":${session},"receipts":{${nulls},"session":${receipt}}}`;
}

test('an observation record has one canonical text', () => {
  const values = '"beefySetId":null,"finalizedBlock":null';
  assert.equal(
    encodeObservation(ONE),
    `{${values},"receipts":${RECEIPTS},"round":"9","session":null,"setId":"7","v":2}`,
  );
  assert.deepEqual(decodeObservation('watcher', encodeObservation(ONE)), ONE);
});

test('every field of a record is written and read by its own name', () => {
  const values = mapFields((field) => BigInt(FIELDS.indexOf(field) + 1));
  const receipts = mapFields((field) => String(FIELDS.indexOf(field) + 11));
  const full = { observation: { observer: 'watcher', ...values }, receipts };
  assert.deepEqual(
    Object.entries(values).map(([field, value]) => `${field} ${value}`),
    ['finalizedBlock 1', 'setId 2', 'beefySetId 3', 'round 4', 'session 5'],
  );
  assert.deepEqual(decodeObservation('watcher', encodeObservation(full)), full);
});

test('numbers are canonical decimal text', () => {
  const { observation, receipts } = decodeObservation('watcher', textWith('"0"', '"10"'));
  assert.deepEqual([observation.session, receipts.session], [0n, '10']);
  for (const odd of ['""', '"01"', '"-1"', '"1 "', '" 1"', '"x1"', '"1x"', '"0x1"', '"1.5"', '1']) {
    assert.throws(() => decodeObservation('watcher', textWith(odd)), /the observation record.*session/, odd);
    assert.throws(() => decodeObservation('watcher', textWith('"1"', odd)), /receipts\.session/, odd);
  }
});

test('a text of another version, with another member or without one, is no record', () => {
  assert.throws(
    () => decodeObservation('watcher', '{"v":3}'),
    /cannot be read: it has version 3.*begin a new ledger/,
  );
  const text = encodeObservation(ONE);
  for (const odd of [
    text.replace('"v":2', '"v":1'),
    text.replace('"v":2', '"v":2,"more":1'),
    text.replace('"receipts":{', '"receipts":{"more":"1",'),
    text.replace('"session":null,"setId":"7",', '"setId":"7",'),
    text.replace(`"receipts":${RECEIPTS},`, ''),
  ])
    assert.throws(() => decodeObservation('watcher', odd), /the observation record/, odd);
});
