import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { seqPhragmen } from './phragmen.ts';

interface Held {
  readonly seats: number;
  readonly candidates: number;
  readonly voters: readonly (readonly [stake: string, votes: readonly number[]])[];
  readonly winners: readonly (readonly [candidate: number, backing: string])[];
}

test('the same winners with the same backing, to the planck, as the library of the runtime', () => {
  const file = new URL('../../vectors/elections.json.gz', import.meta.url);
  const elections = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as readonly Held[];
  assert.equal(elections.length, 250);
  for (const { seats, candidates, voters, winners } of elections) {
    const given = voters.map(([stake, votes]) => ({ stake: BigInt(stake), votes }));
    const { winners: found, backing } = seqPhragmen(seats, candidates, given);
    assert.deepEqual(
      found.map((at) => [at, String(backing[at])]),
      winners,
    );
  }
});
