import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Store, StoreFault } from '../../store/index.ts';
import { type CoreContext, createContext } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import type { Ledger } from '../ledger/port.ts';
import { LedgerFault } from '../ledger/port.ts';
import { memoryStore, put, silentMeter } from '../testing/services.ts';
import { clockOf } from '../testing/world.ts';
import type { ReportsEffect } from './effects.ts';
import { type Happening, perform } from './effects-shell.ts';
import { reportOf } from './report.ts';
import { CHAIN, EPOCH, KEY, placeOf, SERVICE, wordOf } from './testing/steps.ts';

const PLACE = placeOf(wordOf(5));
const FAULT = new StoreFault('unavailable', 'no answer', 'nothing');
const FULL = new LedgerFault('full', 'make room');
const RELEASED = { how: 'operator', by: 'ada', reason: 'r', atMs: 1 } as const;

/** Performs one effect, and shows what it did and which event came back. */
async function run(
  context: TestContext,
  effect: ReportsEffect,
  change: { readonly ledger?: Partial<Ledger>; readonly store?: Partial<Store> } = {},
) {
  const inner = memoryStore(context);
  await put(inner, PLACE, 'stored');
  await put(inner, keys.policyPointer(CHAIN, KEY), 'a pointer');
  const done: unknown[] = [];
  const happened: Happening[] = [];
  const note = (level: string) => (event: object, text: string) => void done.push({ level, ...event, text });
  const ledger = {
    keepWord: async (word: object) => void done.push(word),
    releaseWord: async (id: string, released: object) => void done.push({ id, ...released }),
    ...change.ledger,
  };
  const parts = {
    ...{ store: { ...inner, ...change.store }, ledger, clock: clockOf(context), meter: silentMeter },
    log: { warn: note('warn'), error: note('error') },
  };
  const options = { storeTimeoutMs: 2_000 } as CoreContext['options'];
  await perform(
    {
      context: createContext(parts as unknown as CoreContext['parts'], options),
      epochs: { epoch: EPOCH, voided: new Set() },
      readMark: async (chain, key, duty) => {
        done.push(`mark ${chain === CHAIN} ${key === KEY} ${duty}`);
        return null;
      },
      happened: (happening) => void happened.push(happening),
      diskFailed: (recordKey, error) => void done.push({ recordKey, error }),
    },
    effect,
  );
  return { done, happened };
}

test('a log line has its level', async (context) => {
  for (const level of ['warn', 'error'] as const) {
    const effect = { kind: 'log', level, event: { event: 'x' }, message: 'y' } as const;
    assert.deepEqual(await run(context, effect), { done: [{ level, event: 'x', text: 'y' }], happened: [] });
  }
});

test('the own disk keeps and releases words one after another, and says so', async (context) => {
  const words = ['one', 'two'].map((id) => ({ id, text: `word ${id}` }));
  const keep = { kind: 'keep-word', recordKey: PLACE, words } as const;
  const kept = { kind: 'kept', recordKey: PLACE, ids: ['one', 'two'] };
  assert.deepEqual(await run(context, keep), { done: words, happened: [kept] });
  const ids = ['one', 'two'];
  const release = { kind: 'release-in-ledger', recordKey: PLACE, ids, released: RELEASED } as const;
  assert.deepEqual(await run(context, release), {
    done: ids.map((id) => ({ id, ...RELEASED })),
    happened: [{ kind: 'disk-released', recordKey: PLACE }],
  });
  const failed = {
    done: [{ recordKey: PLACE, error: FULL }],
    happened: [{ kind: 'disk-failed', recordKey: PLACE, why: 'full' }],
  };
  const refuse = () => Promise.reject(FULL);
  assert.deepEqual(await run(context, keep, { ledger: { keepWord: refuse } }), failed);
  assert.deepEqual(await run(context, release, { ledger: { releaseWord: refuse } }), failed);
});

test('a record is read, or it is said why not', async (context) => {
  const seen = (recordKey: string, text: string | null) => ({
    kind: 'record-seen',
    recordKey,
    call: 3,
    text,
  });
  const read = (recordKey: string) => ({ kind: 'read-record', recordKey, call: 3 }) as const;
  assert.deepEqual((await run(context, read(PLACE))).happened, [seen(PLACE, 'stored')]);
  assert.deepEqual((await run(context, read('doubt/x'))).happened, [seen('doubt/x', null)]);
  const down = await run(context, read(PLACE), { store: { read: () => Promise.reject(FAULT) } });
  assert.deepEqual(down.happened, [{ kind: 'not-read', recordKey: PLACE, call: 3, why: 'no answer' }]);
  const none = await run(context, read(PLACE), { store: { read: async () => [] } });
  assert.deepEqual(none.happened, [seen(PLACE, null)]);
});

test('a record is written over the text that was read', async (context) => {
  const write = (before: string | null) =>
    ({ kind: 'write-record', recordKey: PLACE, call: 4, before, text: 'next' }) as const;
  const written = { kind: 'written', recordKey: PLACE, call: 4, why: '' };
  assert.deepEqual((await run(context, write('stored'))).happened, [{ ...written, outcome: 'applied' }]);
  assert.deepEqual((await run(context, write(null))).happened, [{ ...written, outcome: 'conflict' }]);
});

test('words are judged by their marks, and then the policies are listed', async (context) => {
  const asked = [{ recordKey: PLACE, report: reportOf(SERVICE, wordOf(5)) }];
  const { done, happened } = await run(context, { kind: 'judge', call: 5, asked });
  assert.deepEqual(done, ['mark true true babe']);
  const [verdicts, policies] = [new Map([[PLACE, 'none']]), [{ chain: CHAIN, key: KEY }]];
  assert.deepEqual(happened, [{ kind: 'judged', call: 5, verdicts, policies }]);
});
