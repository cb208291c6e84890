import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KeystoreView } from '../custody/keystore-view.ts';
import type { OpenFolder } from '../custody/open-folder.ts';
import { keyOf } from '../testing/start-guard.ts';
import { startShadow } from '../testing/start-shadow.ts';
import { carryOut } from './decide.ts';
import type { GuardRun } from './facts.ts';
import { runGuard } from './guard.ts';
import type { GuardParts } from './parts.ts';
import type { ShadowParts } from './shadow.ts';

describe('the shadow of a guard', () => {
  it('says what the guard would do with each key of a node that signs all the while', async (t) => {
    const ground = startShadow(t);
    for (const node of [ground.own, ...ground.witnesses]) node.hearsVotes();
    await ground.clock.advance(2_000);
    assert.deepEqual(ground.said.slice(0, 5), [
      ...['found', 'aura wait', 'gran wait', 'audi place', 'not-proven'],
    ]);
    assert.match(ground.last('gran')?.say ?? '', /waits until 2 independent nodes finalise a block/);
    assert.equal(ground.last('gran')?.inKeystore, true);
    await ground.clock.advance(40_000);
    assert.deepEqual(ground.said.slice(5).toSorted(), ['aura place', 'gran place']);
    assert.equal(ground.last('gran')?.act, 'keep');
  });

  it('judges a restart of the node by the token that it keeps in memory', async (t) => {
    const ground = startShadow(t);
    await ground.clock.advance(42_000);
    ground.own.down(true);
    ground.witnesses[1]?.silent(true);
    await ground.clock.advance(3_000);
    ground.own.down(false);
    await ground.clock.advance(24_000);
    const after = ground.said.slice(ground.said.indexOf('gone'));
    assert.ok(
      after.includes('proven') && after.includes('aura place') && !after.includes('gran place'),
      after.join(),
    );
    ground.own.down(true);
    await ground.clock.advance(60_000);
    ground.own.down(false);
    await ground.clock.advance(3_000);
    const later = ground.said.slice(ground.said.lastIndexOf('gone'));
    assert.ok(later.includes('not-proven') && !later.includes('aura place'), later.join());
  });

  it('takes a node that is only slow for one that runs', async (t) => {
    const ground = startShadow(t);
    await ground.clock.advance(42_000);
    ground.own.silent(true);
    await ground.clock.advance(30_000);
    assert.equal(ground.said.includes('gone'), false);
  });

  it('would remove the key of an author when the clock steps back', async (t) => {
    const ground = startShadow(t);
    await ground.clock.advance(45_000);
    ground.clock.step(-30_000);
    await ground.clock.advance(500);
    assert.deepEqual(ground.said.slice(-2), ['aura remove', 'aura wait']);
  });

  it('decides for a key that appears, and shows one that is gone', async (t) => {
    const ground = startShadow(t);
    await ground.clock.advance(2_000);
    ground.present.push(keyOf('para', 'a5'));
    ground.present.splice(1, 1);
    await ground.clock.advance(500);
    assert.equal(ground.last('para')?.act, 'keep');
    assert.equal(ground.last('gran')?.inKeystore, false);
  });

  it('needs a keystore with keys', async (t) => {
    const ground = startShadow(t, { keystore: { names: async () => [] } });
    await ground.clock.advance(2_000);
    await assert.rejects(ground.running, /the keystore holds no session key/);
  });
});

/**
 * Checked by the compiler: each expected error is one, or `tsc` fails. Nothing here runs.
 */
export function aShadowCannotPlace(
  shadow: ShadowParts,
  view: KeystoreView,
  guard: GuardParts,
  run: GuardRun,
): void {
  // @ts-expect-error A shadow has no folder to place keys in.
  void carryOut(shadow, run, []);
  // @ts-expect-error The view of a keystore is no folder of placed keys, also with all other parts of a guard.
  void carryOut({ ...guard, folder: view }, run, []);
  // @ts-expect-error A guard does not run on the parts of a shadow.
  void runGuard(shadow, new AbortController().signal);
  // @ts-expect-error The view has no method that places.
  const place: OpenFolder['place'] = view.place;
  // @ts-expect-error The view has no method that takes away.
  const withdraw: OpenFolder['withdraw'] = view.withdraw;
  // @ts-expect-error The view has no method that clears.
  const clear: OpenFolder['clear'] = view.clear;
  void [place, withdraw, clear];
}
