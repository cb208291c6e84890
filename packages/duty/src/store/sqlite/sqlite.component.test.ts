import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import {
  type Capability,
  checkLaw,
  conformance,
  type Harness,
  laws,
  type Opened,
} from '../testing/conformance/index.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { noSmallDisk, type Place, place, type SmallDisk, smallDisk } from './testing/places.ts';
import type { CommitHook } from './writer.ts';

const STALL = 'it answers within two turns of the event loop, or waits for the disk in the kernel';

/** A store at this place, whose next commit can be made to lose its answer. */
async function openAt(where: Place, faults: Opened['faults'] = {}): Promise<Opened> {
  const clock = createVirtualClock();
  let once: CommitHook | null = null;
  const aroundCommit: CommitHook = (commit, workCount) => {
    const hook = once ?? ((plain) => plain());
    once = null;
    hook(commit, workCount);
  };
  const lose = (hook: CommitHook) => async () => {
    once = hook;
  };
  const open = () => openSqliteStore({ path: where.path, clock, aroundCommit });
  let store = await open();
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await open();
      return store;
    },
    letTimePass: clock.advance,
    faults: {
      ...faults,
      loseAnswerAfterApply: lose((commit) => {
        commit();
        throw new Error('the answer of the disk was lost');
      }),
      loseAnswerBeforeApply: lose(() => {
        throw new Error('the disk never saw the commit');
      }),
      stepClock: async (ms) => clock.step(ms),
    },
    close: async () => {
      await store.close();
      where.remove();
    },
  };
}

function withFullDisk(disk: SmallDisk): Opened['faults'] {
  return { failWrites: async () => disk.fill(), healWrites: async () => disk.free() };
}

conformance('sqlite', {
  open: () => openAt(place()),
  leasesEndWithProcess: true,
  without: { stall: STALL, failWrites: 'a full disk needs a small file system; see the next suite' },
});

describe('sqlite on a disk that becomes full', { skip: noSmallDisk ?? false }, () => {
  const harness: Harness = {
    open: () => {
      const disk = smallDisk();
      return openAt(disk, withFullDisk(disk));
    },
    without: { stall: STALL },
  };
  const needs = (capability: Capability) => laws.filter((law) => law.needs?.includes(capability) === true);

  test('there is a law to check', () => assert.ok(needs('failWrites').length > 0));
  for (const law of needs('failWrites')) test(law.name, () => checkLaw(law, harness));
});
