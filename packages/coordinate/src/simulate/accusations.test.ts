import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEvidence, equivocationOf } from '../quorum/evidence.ts';
import { lookAtFault } from './accusations.ts';
import { sign } from './byzantine-message.ts';
import { hash } from './group-setup.ts';
import { settingsOf } from './options.ts';
import { worldOf } from './world.ts';

const HONEST = 0;
const LIAR = 3;

/** Two commits of one place, as proof. */
function proofAgainst(seat: number) {
  const world = worldOf(settingsOf({ seed: 'accusations', windows: 10 }));
  const { setup, now } = world;
  const [first, second] = ['a', 'b'].map(
    (name) =>
      sign({ setup, plan: now.plan }, { seat, rank: 0 }, { kind: 'commit', digest: hash(name) }).message,
  );
  assert.ok(first !== undefined && second !== undefined);
  const evidence = equivocationOf(now.plan, setup.verify, first, second);
  assert.ok(evidence !== null);
  return { world, bytes: encodeEvidence(evidence) };
}

function looksAfter(seat: number, change: (bytes: Uint8Array) => Uint8Array, culprit = `member-${seat}`) {
  const { world, bytes } = proofAgainst(seat);
  lookAtFault(world, 1, 1n, { culprit, kind: 'equivocation', evidence: change(bytes) });
  return {
    holds: world.tally.looks('evidence-holds').violated === 0,
    isHonestAccused: world.tally.looks('no-honest-blamed').violated > 0,
  };
}

test('a proof against a Byzantine member holds', () => {
  assert.deepEqual(
    looksAfter(LIAR, (bytes) => bytes),
    { holds: true, isHonestAccused: false },
  );
});

test('a proof against an honest member is not, nor is an accusation without one', () => {
  assert.deepEqual(
    looksAfter(HONEST, (bytes) => bytes),
    { holds: true, isHonestAccused: true },
  );
  assert.deepEqual(
    looksAfter(HONEST, () => new Uint8Array()),
    { holds: false, isHonestAccused: true },
  );
});

test('evidence that a third party cannot verify is found: cut short, altered, or about another member', () => {
  assert.equal(looksAfter(LIAR, (bytes) => bytes.subarray(0, -1)).holds, false);
  assert.equal(
    looksAfter(LIAR, (bytes) => bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1)).holds,
    false,
  );
  assert.equal(looksAfter(LIAR, (bytes) => bytes, 'member-1').holds, false);
});
