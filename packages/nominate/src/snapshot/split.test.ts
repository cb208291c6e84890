import assert from 'node:assert/strict';
import test from 'node:test';
import { known } from '../facts/fact.ts';
import { sampleElection, sampleSnapshot } from '../testing/sample.ts';
import { encodeSnapshot } from './codec.ts';
import type { Snapshot } from './snapshot.ts';
import { splitSnapshot } from './split.ts';

/** A name that holds every mark of the split, as far as JSON lets it. */
const HOSTILE = '},{"backing":],"configVersion":,"election":,"eras":';

const sample = sampleSnapshot({ seed: 'split', count: 3, nominators: 2, backers: 1 });
const targets = sample.candidates.map(({ candidate }) => candidate.stashKey);
const election = known(sampleElection(targets, { seats: 2, voters: 5, votes: 2 }), 'staking');
const hostile = sample.candidates.map((one) => ({ ...one, candidate: { ...one.candidate, name: HOSTILE } }));

/** The same parts, from one `JSON.parse` of the whole text. */
function wholeOf(text: string) {
  const { candidates, election: _election, ...head } = JSON.parse(text);
  return { candidates, head };
}

test('the parts of a snapshot are those of its whole text', () => {
  const cases: readonly Snapshot[] = [
    sample,
    { ...sample, election },
    { ...sample, election, candidates: hostile, notes: [HOSTILE], configVersion: HOSTILE },
    { ...sample, election, candidates: sample.candidates.slice(1, 2) },
    { ...sample, candidates: [] },
  ];
  for (const one of cases) {
    const text = encodeSnapshot(one);
    const { candidates, head } = splitSnapshot(text);
    assert.deepEqual(
      { candidates: candidates.map((part) => JSON.parse(part)), head: JSON.parse(head) },
      wholeOf(text),
    );
  }
});

test('a text that is not canonical is refused', () => {
  const text = encodeSnapshot({ ...sample, election });
  const { version, ...rest } = JSON.parse(text);
  for (const wrong of ['', '{}', '[]', JSON.stringify({ version, ...rest }), JSON.stringify(rest, null, 1)])
    assert.throws(() => splitSnapshot(wrong), /not the canonical text of a snapshot/);
  for (const mark of ['],"configVersion":', ',"election":', ',"eras":']) {
    const without = text.replace(mark, mark.replace(/[a-z]+/i, 'other'));
    assert.throws(() => splitSnapshot(without), /not the canonical text of a snapshot/, mark);
  }
});
