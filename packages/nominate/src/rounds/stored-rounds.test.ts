import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { replayFromText } from '../operations/round.ts';

// fixtures/make-rounds.mjs wrote these once, possibly on another machine: a change of any decision fails
// here.
for (const profile of ['1kv', 'fair'] as const) {
  test(`a round that was stored long ago, by profile ${profile}, replays to the same bytes`, () => {
    const file = new URL(`../../fixtures/round-${profile}.json.gz`, import.meta.url);
    const replay = replayFromText(gunzipSync(readFileSync(file)).toString('utf8'));
    assert.ok(replay.ok);
    assert.deepEqual(replay.result.result === 'different' ? replay.result : replay.result.result, 'same');
  });
}
