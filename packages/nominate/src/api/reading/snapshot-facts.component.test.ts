import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { known } from '../../facts/fact.ts';
import { encodeSnapshot } from '../../snapshot/codec.ts';
import { sampleElection, sampleSnapshot } from '../../testing/sample.ts';
import { snapshotFacts } from './snapshot-facts.ts';

const snapshot = sampleSnapshot({ seed: 'facts', count: 400, nominators: 2, backers: 1 });
const targets = snapshot.candidates.map(({ candidate }) => candidate.stashKey);
const election = known(sampleElection(targets, { seats: 20, voters: 50, votes: 8 }), 'staking');

test('reading a large snapshot gives turns to other requests, and finds every candidate', async () => {
  const reading = snapshotFacts('d', encodeSnapshot({ ...snapshot, election }));
  let turns = 0;
  let isRead = false;
  const others = (async () => {
    for (; !isRead; turns += 1) await turn();
  })();
  const facts = await Promise.resolve(reading).finally(() => {
    isRead = true;
  });
  await others;
  assert.ok(turns >= 20, `${turns} turns for 400 candidates`);
  const { candidates, election: _election, ...head } = snapshot;
  assert.deepEqual([facts.count, facts.head, facts.keys()], [400, head, targets]);
  for (const one of candidates) assert.deepEqual(facts.record(one.candidate.stashKey), one);
});

test('the votes of an election are not parsed', async () => {
  const text = encodeSnapshot({ ...snapshot, election });
  // Parsing this would fail.
  const broken = text.replace('"voters":[', '"voters":[,');
  assert.notEqual(broken, text);
  assert.equal((await snapshotFacts('d', broken)).count, 400);
  await assert.rejects(snapshotFacts('d', text.replace('"slotId":', '"slot":')), /slotId/);
  await assert.rejects(snapshotFacts('d', '{}'), /not the canonical text of a snapshot/);
});
