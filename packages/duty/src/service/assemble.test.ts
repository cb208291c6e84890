import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { pointOf } from '../rule/index.ts';
import { StoreFault, type WatchHandlers } from '../store/index.ts';
import type { MemoryStore } from '../store/testing/memory-store.ts';
import { claimWith, heldOf, SEAL } from './claim/testing/claim.ts';
import { keys } from './ground/keys.ts';
import type { Fork } from './ledger/port.ts';
import { startCore, untilOpen } from './testing/core.ts';
import { fakeDisk, fakeLedger } from './testing/fake-ledger.ts';
import { CHAIN, INCARNATION, KEY, put, silentLog, startPair, startServing } from './testing/services.ts';
import { clockOf, fakeRandom, START_MS } from './testing/world.ts';

const REF = { chain: CHAIN, key: KEY, duty: SEAL.duty };
const MARK = keys.mark(CHAIN, KEY, 'babe');

test('a session goes on from the base of a peer that began earlier', async (context) => {
  const { inner, peers, first, second } = await startPair(context);
  await second.stop();
  peers.reachable.delete('second');
  const openedMs = START_MS - 5;
  peers.reachable.set('first', {
    ...first.permit,
    memory: async () => ({ ...(await first.permit.memory()), openedMs }),
  });
  const setup = { store: inner, disk: second.disk, parts: { peers }, options: { url: 'second' } };
  const { permit } = await startServing(context, setup);
  assert.equal((await permit.memory()).openedMs, openedMs);
});

test('a fork ends the session, and says which entries', async (context) => {
  const ledger = fakeLedger(fakeDisk(fakeRandom()), clockOf(context));
  let announce = (_fork: Fork): void => assert.fail('there is no listener');
  const subscribeForks = (listener: (fork: Fork) => void) => {
    announce = listener;
    return () => undefined;
  };
  const warned: unknown[] = [];
  const log = { ...silentLog, warn: (event: { why?: unknown }) => void warned.push(event.why) };
  const parts = { ledger: { ...ledger, subscribeForks }, log };
  const { permit } = await startServing(context, { parts });
  announce({ mark: 'chain/key/babe', epoch: 'first', seq: '5', hashes: ['aa', 'bb'] });
  const { state, detail } = await permit.health();
  assert.deepEqual([state, detail], ['checking', 'two entries have number 5 in chain/key/babe: aa and bb']);
});

describe('a word of a node', () => {
  async function said(context: TestContext, change: { readonly duty?: string; readonly key?: string }) {
    const unread: unknown[] = [];
    const warn = (line: Record<string, unknown>) => line.event === 'mark-unread' && unread.push(line);
    const { modules } = await startCore(context, { parts: { log: { ...silentLog, warn } } });
    await untilOpen(context, modules);
    const held = await modules.marks.load(REF, 1_000);
    assert.ok(held);
    const point = { ...pointOf(held.mark), unit: [1n], part: 'seal' as const, top: [1n] };
    const from = { node: 'a', incarnation: INCARNATION, chain: CHAIN, key: KEY, duty: 'babe' };
    await modules.reports.report({ ...from, ...change, point, why: 'the node knows more' });
    await clockOf(context).sleep(30_000);
    return { states: modules.reports.list().map(({ state }) => state), unread };
  }

  test('is released once the mark in the store explains it', async (context) => {
    assert.deepEqual(await said(context, {}), { states: ['released'], unread: [] });
  });

  test('stays if there is no such mark, or no such duty', async (context) => {
    const stays = { states: ['held'], unread: [] };
    assert.deepEqual(await said(context, { key: `0x${'cd'.repeat(32)}` }), stays);
    assert.deepEqual(await said(context, { duty: 'later' }), stays);
  });
});

describe('a mark that a claim waits for', () => {
  /** Follows the mark of babe; counts the reads of it from then on. */
  async function following(context: TestContext) {
    let handlers: WatchHandlers | null = null;
    let reads = 0;
    let stops = 0;
    let broken = false;
    const stop = () => {
      stops += 1;
    };
    const warnings: unknown[] = [];
    const seen = (store: MemoryStore) => ({
      ...store,
      read: (wanted: readonly string[], options?: object) => {
        if (wanted[0] !== MARK) return store.read(wanted, options);
        reads += 1;
        const fault = new StoreFault('unavailable', 'no answer', 'wait');
        return broken ? Promise.reject(fault) : store.read(wanted, options);
      },
      watch: (prefix: string, given: WatchHandlers) => {
        if (prefix !== MARK) return store.watch(prefix, given);
        handlers = given;
        return { ready: Promise.resolve(), stop };
      },
    });
    const log = { ...silentLog, warn: (...line: unknown[]) => void warnings.push(line) };
    const { modules, store } = await startCore(context, { seen, parts: { log } });
    await untilOpen(context, modules);
    const held = await modules.marks.load(REF, 1_000);
    const leave = modules.followMark(REF);
    reads = 0;
    warnings.length = 0;
    const hint = async (key: string, text: string | Uint8Array | null) => {
      handlers?.onChange({ key, value: text === null ? null : Buffer.from(text) });
      await clockOf(context).sleep(10);
      return reads;
    };
    const resync = async () => {
      handlers?.onResync();
      await clockOf(context).sleep(10);
      return reads;
    };
    const breakReads = () => {
      broken = true;
    };
    return {
      modules,
      store,
      held: held ?? assert.fail(),
      leave,
      hint,
      resync,
      warnings,
      breakReads,
      stops: () => stops,
    };
  }

  test('is read when its text changed, and not for another record or a known text', async (context) => {
    const { modules, store, held, hint } = await following(context);
    const next = heldOf(claimWith(), { ...held.mark, floor: [7n] });
    assert.equal(await hint(MARK, held.headText), 0);
    assert.equal(await hint(`${MARK}2`, next.headText), 0);
    assert.equal(await hint(`${MARK}2`, null), 0);
    assert.equal(await hint(MARK, null), 0);
    await put(store, MARK, next.headText);
    assert.equal(await hint(MARK, next.headText), 1);
    assert.deepEqual(modules.marks.get(REF)?.mark.floor, [7n]);
    assert.equal(await hint(MARK, new Uint8Array([0xff])), 2, 'bytes that are no text are another text');
  });

  test('is read if this service does not hold it', async (context) => {
    const { modules, store, held, hint } = await following(context);
    await store.transact([{ compares: [], writes: [{ key: MARK, value: null }] }]);
    assert.equal(await modules.marks.load(REF, 100), null);
    assert.equal(await hint(MARK, held.headText), 2, 'the load above, and the hint');
  });

  test('is read again when changes may have been missed, until the claim leaves', async (context) => {
    const { resync, leave, stops } = await following(context);
    assert.equal(await resync(), 1);
    assert.equal(stops(), 0);
    leave();
    assert.equal(stops(), 1);
    assert.equal(await resync(), 1);
  });

  test('is watched once for all claims that wait for it', async (context) => {
    const { modules, leave, stops, resync } = await following(context);
    const leaveToo = modules.followMark(REF);
    leave();
    assert.deepEqual([stops(), await resync()], [0, 1]);
    leaveToo();
    assert.equal(stops(), 1);
  });

  test('that cannot be read is logged', async (context) => {
    const { resync, warnings, breakReads } = await following(context);
    breakReads();
    await resync();
    const error = 'StoreFault: no answer';
    assert.deepEqual(warnings, [[{ event: 'mark-unread', key: MARK, error }, 'a mark was not read']]);
  });
});
