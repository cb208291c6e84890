import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { encodeProgramme } from '../rounds/programme.ts';
import { programme } from '../rounds/testing/programme.ts';
import { encodeSnapshot } from '../snapshot/codec.ts';
import { sampleSnapshot } from '../testing/index.ts';
import { checkCandidates, scoreCandidates } from './judge.ts';
import type { Outcome, Refused } from './outcome.ts';
import {
  backtestFromTexts,
  explainFromText,
  explanationLines,
  nextFromText,
  planFromTexts,
  replayFromText,
} from './round.ts';

function result<Value>(outcome: Outcome<Value>): Value {
  assert.ok(outcome.ok, inspect(outcome));
  return outcome.result;
}

function refusal<Value>(outcome: Outcome<Value>): Refused {
  assert.ok(!outcome.ok);
  return outcome;
}

const TEXTS = {
  snapshot: encodeSnapshot(sampleSnapshot({ seed: 'operations', count: 60 })),
  programme: encodeProgramme(programme(2)),
};

test('two texts give a round that replays, is explained and is decided again with other rules', () => {
  const { record, stored } = result(planFromTexts(TEXTS));
  assert.equal(result(replayFromText(stored)).result, 'same');
  const [target = ''] = record.nominators.flatMap(({ targets }) => targets);
  const lines = explanationLines(result(explainFromText(stored, target)));
  assert.match(lines[1] ?? '', /^it is a target of a nominator in this round: by nominator 0, as target 1$/);
  assert.ok(lines.some((line) => /^ {2}inclusion: \d/.test(line)));
  assert.equal(result(nextFromText(stored, 3)).length, 3);
  const change = JSON.stringify({ caps: { perRound: { identity: 1 } } });
  assert.equal(result(backtestFromTexts([stored], change)).rounds.length, 1);
  const same = result(backtestFromTexts([stored], JSON.stringify({ profile: 'fair' })));
  assert.deepEqual(same.candidates, []);
});

test('check and score agree with the round', () => {
  const { record } = result(planFromTexts(TEXTS));
  const checked = result(checkCandidates(TEXTS));
  assert.deepEqual(
    checked.map(({ verdict }) => verdict),
    record.candidates.map(({ verdict }) => verdict),
  );
  const { scores, statistics } = result(scoreCandidates(TEXTS));
  assert.equal(scores.length, record.eligibleCount);
  const best = record.candidates.find(({ position }) => position === 1);
  assert.deepEqual([scores[0]?.stashKey, scores[0]?.total], [best?.stashKey, best?.score?.total]);
  assert.equal(statistics.total.count, scores.length);
  assert.equal(statistics.total.maximum, best?.score?.total);
});

test('a document that cannot be used is named, with the place', () => {
  const bad = refusal(
    planFromTexts({ ...TEXTS, snapshot: TEXTS.snapshot.replace('"decimals":10', '"decimals":-1') }),
  );
  assert.deepEqual([bad.document, bad.problems[0]?.path], ['snapshot', 'network.decimals']);
  assert.equal(refusal(checkCandidates({ ...TEXTS, programme: '{}' })).document, 'programme');
  const kusama = encodeProgramme(programme(2, { network: 'kusama' }));
  assert.match(
    refusal(scoreCandidates({ ...TEXTS, programme: kusama })).problems[0]?.message ?? '',
    /for kusama, but the snapshot is of polkadot/,
  );
  assert.equal(refusal(replayFromText('no')).document, 'round');
  assert.equal(refusal(explainFromText('{}', 'x')).document, 'round');
  const { stored } = result(planFromTexts(TEXTS));
  assert.match(
    refusal(explainFromText(stored, 'unlisted')).problems[0]?.message ?? '',
    /no candidate .* "unlisted"/,
  );
  assert.equal(refusal(backtestFromTexts([stored], '{"colour":1}')).document, 'change');
  assert.equal(refusal(backtestFromTexts(['x'], '{}')).document, 'round');
});
