import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Store, StoreFault } from '@watchbill/duty/store';
import { createMemoryStore } from '@watchbill/duty/store/testing/memory-store';
import { createVirtualClock } from '@watchbill/kit/testing';
import { write } from '../testing/pair-ground.ts';
import { keepRole, MEMBERS, type OwnReport, type RoleKeeper } from './keeper.ts';
import { decodeMember } from './member.ts';
import { encodeRole, type RoleRecord, taken } from './record.ts';
import { ROLE_KEY, readRole } from './role-store.ts';
import type { Terms } from './terms.ts';

const REPORT: OwnReport = { keys: [], open: 0, node: null, check: 'match', busyWith: null, say: '' };
const FIRST = { holder: 'alpha', how: 'first', by: 'ada', reason: 'new', seenTerm: 0n } as const;

/** The keeper of alpha over a store that a test may change. */
function ground(terms: Terms = { seen: 0n, active: 0n }, over: (store: Store) => Store = (store) => store) {
  const clock = createVirtualClock({ flowing: false });
  const store = createMemoryStore({ clock });
  const written: Terms[] = [terms];
  const file = { read: () => written.at(-1) ?? terms, write: (next: Terms) => void written.push(next) };
  const uptimeMs = (): number => clock.monotonicMs();
  const keeper = keepRole({ store: over(store), name: 'alpha', terms: file, clock, uptimeMs });
  const put = (record: RoleRecord): Promise<void> => write(store, record);
  return { clock, store, keeper, put, written };
}

const sentence = (keeper: RoleKeeper): string => {
  const standing = keeper.standing();
  return standing.role === 'active' ? `active ${standing.term}` : standing.say;
};

describe('the keeper of a role', () => {
  it('is active once a renewal was applied, and reports this machine', async () => {
    const { keeper, put, store } = ground();
    assert.match(sentence(keeper), /^waits for the first answer/);
    await keeper.turn(REPORT);
    assert.match(sentence(keeper), /^no machine of the pair is active yet/);
    await put(taken(null, FIRST));
    await keeper.turn(REPORT);
    assert.equal(sentence(keeper), 'active 1');
    const [value] = await store.read([`${MEMBERS}alpha`]);
    assert.equal(decodeMember(Buffer.from(value ?? []).toString()).beat, 2n);
  });

  it('lets go once another guard renews the role under its name, for example that of a copied machine', async () => {
    const { keeper, put, store, clock } = ground();
    const file = { read: () => ({ seen: 1n, active: 1n }), write: () => undefined };
    const uptimeMs = (): number => clock.monotonicMs();
    const copy = keepRole({ store, name: 'alpha', terms: file, clock, uptimeMs });
    await put(taken(null, FIRST));
    for (let turns = 0; turns < 5; turns++) await keeper.turn(REPORT);
    assert.equal(sentence(keeper), 'active 1', 'its own renewals are no sign of another guard');
    for (let turns = 0; turns < 3; turns++) {
      await copy.turn(REPORT);
      await keeper.turn(REPORT);
    }
    const isActive = (one: RoleKeeper): boolean => one.standing().role === 'active';
    assert.deepEqual([isActive(keeper), isActive(copy)], [false, true]);
    assert.match(sentence(keeper), /^another guard renews the role under the name alpha/);
    assert.equal('isRival' in keeper.standing(), true);
    const before = await readRole(store);
    await keeper.rest(7n);
    assert.deepEqual(await readRole(store), before, 'it cannot say that no key is placed');
  });

  it('takes an answer that is not certain for no renewal, and its own one for no other guard', async () => {
    const cause = new StoreFault('unavailable', 'no answer', 'wait');
    let isCertain = false;
    const { keeper, put } = ground(undefined, (store) => ({
      ...store,
      transact: async (all) => {
        const outcomes = await store.transact(all);
        return isCertain ? outcomes : all.map(() => ({ outcome: 'ambiguous', cause }) as const);
      },
    }));
    await put(taken(null, FIRST));
    for (let turns = 0; turns < 4; turns++) {
      await keeper.turn(REPORT);
      assert.match(sentence(keeper), /^this machine is active in term 1, and the role is not renewed yet/);
    }
    isCertain = true;
    await keeper.turn(REPORT);
    assert.equal(sentence(keeper), 'active 1');
  });

  it('renews nothing for a term that is over, and says that the store went back', async () => {
    const { keeper, put, store } = ground({ seen: 8n, active: 7n });
    const old = taken(null, { ...FIRST, seenTerm: 5n });
    await put(old);
    await keeper.turn(REPORT);
    assert.match(
      sentence(keeper),
      /the store of the pair went back: it has term 6, and this machine saw term 8/,
    );
    const [value] = await store.read([ROLE_KEY]);
    assert.equal(Buffer.from(value ?? []).toString(), encodeRole(old));
  });

  it('says that the store went back if it has no record any more', async () => {
    const { keeper } = ground({ seen: 8n, active: 7n });
    await keeper.turn(REPORT);
    assert.match(sentence(keeper), /went back: it has no active machine, and this machine saw term 8/);
  });

  it('keeps the last slot of the machine before in a term that it never began', async () => {
    for (const [active, lastSlot] of [
      [0n, 900n],
      [1n, 9n],
    ] as const) {
      const { keeper, put, store } = ground({ seen: 1n, active });
      const lastSlotOf = async (): Promise<bigint | null | undefined> => (await readRole(store))?.lastSlot;
      await put({ ...taken(null, FIRST), lastSlot: 900n });
      await keeper.turn(REPORT);
      await keeper.rest(9n);
      assert.equal(await lastSlotOf(), lastSlot);
      await put({ ...taken(null, FIRST), lastSlot: 900n, to: 'bravo' });
      assert.equal(await keeper.handOver('bravo', 9n), true);
      assert.equal(await lastSlotOf(), lastSlot);
    }
  });

  it('remembers a higher term durably, and the term in which it was active', async () => {
    const { keeper, put, written } = ground();
    await put(taken(null, { ...FIRST, holder: 'bravo', seenTerm: 3n }));
    await keeper.turn(REPORT);
    assert.deepEqual(written.at(-1), { seen: 4n, active: 0n });
    keeper.begins(5n);
    assert.deepEqual(written.at(-1), { seen: 5n, active: 5n });
  });

  it('is active no longer once its guard wrote that no key is placed', async () => {
    const { keeper, put } = ground();
    await put(taken(null, FIRST));
    await keeper.turn(REPORT);
    await keeper.rest(9n);
    assert.match(sentence(keeper), /the role is not renewed yet/);
  });

  it('hands over only to the machine that the record names', async () => {
    const { keeper, put, store } = ground();
    for (const to of ['charlie', null]) {
      await put({ ...taken(null, FIRST), to });
      await keeper.turn(REPORT);
      assert.equal(await keeper.handOver('bravo', 9n), false);
      const [value] = await store.read([ROLE_KEY]);
      assert.match(Buffer.from(value ?? []).toString(), /"holder":"alpha"/);
    }
    await put({ ...taken(null, FIRST), to: 'bravo' });
    assert.equal(await keeper.handOver('bravo', 9n), true);
  });

  it('counts silence only of a record that another machine holds, and only with fresh answers', async () => {
    const { keeper, put, clock } = ground();
    const held = { ...taken(null, { ...FIRST, holder: 'bravo' }), state: 'held' } as const;
    await put(held);
    await keeper.turn(REPORT);
    await clock.advance(5_000);
    await keeper.turn(REPORT);
    assert.equal(keeper.silence()?.ms, 5_000);
    await clock.advance(7_000);
    assert.equal(keeper.silence(), null, 'the store did not answer for 7 s');
    for (const from of [null, 'alpha']) {
      await put({ ...held, state: 'free', from });
      await keeper.turn(REPORT);
      assert.equal(keeper.silence(), null, 'its guard stopped, or the store went back to before it began');
    }
    await put({ ...held, holder: 'alpha' });
    await keeper.turn(REPORT);
    assert.equal(keeper.silence(), null);
  });

  it('places nothing for a record that cannot be read', async () => {
    const { keeper, put, store } = ground();
    await put(taken(null, FIRST));
    await keeper.turn(REPORT);
    const later = Buffer.from(encodeRole(taken(null, FIRST)).replace('"v":1', '"v":2'));
    await store.transact([{ compares: [], writes: [{ key: ROLE_KEY, value: later }] }]);
    await assert.rejects(keeper.turn(REPORT), /the role record of the pair cannot be read: v/);
    assert.equal(keeper.standing().role, 'standby');
  });
});
