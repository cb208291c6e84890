import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RoleStanding } from '../pair/standing.ts';
import { allowable, fakeRole, type Ground } from '../testing/start-guard.ts';

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

  it('waits for a take-over of that moment, and not for one of a later day', async (t) => {
    for (const [laterMs, kinds] of [
      [3_000, ['audi', 'gran']],
      [200_000, ['audi']],
    ] as const) {
      let standing: RoleStanding = { role: 'standby', say: 'alpha is active since term 6' };
      const { ground, allow } = allowable(t, { role: fakeRole(() => standing) });
      ground.witnesses[1]?.silent(true);
      await ground.clock.advance(5_000);
      allow();
      await ground.clock.advance(laterMs);
      standing = { role: 'active', term: 7n, isNew: true, lastSlot: null, handTo: null };
      await ground.clock.advance(2_000);
      assert.deepEqual(ground.kinds(), kinds);
      assert.equal(heard(ground).length, 1);
    }
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
