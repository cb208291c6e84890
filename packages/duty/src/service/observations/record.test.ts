import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeObservation } from './record.ts';

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
