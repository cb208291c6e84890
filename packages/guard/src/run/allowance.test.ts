import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type Ground, start } from '../testing/start-guard.ts';
import type { Allowance, GuardParts } from './parts.ts';

/** A guard for which a person can leave a word, which it takes once. */
function allowable(t: TestContext, over: Partial<GuardParts> = {}) {
  let word: Allowance | null = null;
  const allowed = (): Allowance | null => {
    const taken = word;
    word = null;
    return taken;
  };
  const ground: Ground = start(t, { allowed, ...over });
  const allow = (): void => {
    word = { by: 'ada', reason: 'the old machine is wiped' };
  };
  return { ground, allow, isLeft: () => word !== null };
}

const heard = ({ said }: Ground): readonly string[] => said.filter((line) => line.startsWith('allowed'));

describe("a person's allowance", () => {
  it('ends the wait of this moment', async (t) => {
    const { ground, allow } = allowable(t);
    ground.witnesses[1]?.silent(true);
    await ground.clock.advance(5_000);
    assert.deepEqual(ground.kinds(), ['audi']);
    allow();
    await ground.clock.advance(2_000);
    assert.ok(ground.kinds().includes('gran'));
    assert.deepEqual(heard(ground), ['allowed: taken']);
  });

  it('does not end the wait of the next process, if it was given while a clone votes', async (t) => {
    const { ground, allow, isLeft } = allowable(t);
    ground.witnesses[0]?.hearsVotes();
    await ground.clock.advance(60_000);
    assert.match(ground.reason('gran'), /another process votes with this key/);
    allow();
    await ground.clock.advance(1_000);
    assert.equal(isLeft(), false);
    assert.match(heard(ground).join(), /^allowed: another process votes with this key: node-1/);
    ground.crash();
    await ground.clock.advance(5_000);
    assert.deepEqual(ground.kinds(), ['audi'], 'the clone may still vote');
  });

  it('does not end a later wait, if no key waited when it was given', async (t) => {
    const { ground, allow } = allowable(t);
    await ground.clock.advance(42_000);
    assert.ok(ground.kinds().includes('gran'));
    allow();
    await ground.clock.advance(1_000);
    ground.token = null;
    ground.crash();
    await ground.clock.advance(5_000);
    assert.deepEqual(ground.kinds(), ['audi'], 'the database is not proven');
    assert.deepEqual(heard(ground), ['allowed: no key waits for the votes']);
  });

  it('does not end the wait of a process that starts after it was given', async (t) => {
    const { ground, allow } = allowable(t);
    await ground.clock.advance(3_000);
    ground.crash();
    allow();
    await ground.clock.advance(5_000);
    assert.deepEqual(ground.kinds(), ['audi']);
    assert.deepEqual(heard(ground), ['allowed: it was given before this process of the node']);
  });
});
