import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { entryHash } from '../../rule/index.ts';
import { StoreFault, type Transaction, type TransactionResult } from '../../store/index.ts';
import type { CoreModules } from '../modules.ts';
import { startCore, untilOpen } from '../testing/core.ts';
import { silentLog, silentMeter } from '../testing/services.ts';
import { clockOf } from '../testing/world.ts';
import type { ClaimEvent } from './claim-events.ts';
import { perform } from './effects-shell.ts';
import type { Asked } from './state.ts';
import { MARK, OWN, POINTER, SEAL, startedClaim } from './testing/claim.ts';

const ENTRY = OWN.mark.last;

/** The parts of a service that serves, some of them changed; what they logged, measured and passed. */
async function ground(
  context: TestContext,
  change: (modules: CoreModules) => Partial<CoreModules> = () => ({}),
) {
  const errors: unknown[] = [];
  const measured: unknown[] = [];
  const places: string[] = [];
  const { modules } = await startCore(context, {
    parts: {
      log: { ...silentLog, error: (...line: unknown[]) => void errors.push(line) },
      meter: { ...silentMeter, ledgerAppend: (...figures: unknown[]) => void measured.push(figures) },
      failpoint: (name) => void places.push(name),
    },
  });
  await untilOpen(context, modules);
  await modules.marks.load(startedClaim(SEAL).ref, 1_000);
  places.length = 0;
  const act = async (effect: Parameters<typeof perform>[2], asked: Partial<Asked> = {}) =>
    perform({ ...modules, ...change(modules) }, startedClaim(SEAL, asked), effect);
  return { modules, act, errors, measured, places };
}

test('a word that this ledger did not write is logged, with the node that sent it', async (context) => {
  const { act, errors } = await ground(context);
  errors.length = 0;
  assert.equal(await act({ kind: 'log-refused-word', detail: 'its proof is wrong' }), null);
  const event = { event: 'word-refused', node: 'a', detail: 'its proof is wrong' };
  assert.deepEqual(errors, [[event, 'node a sent a word that this ledger did not write']]);
});

test('an entry that is learned is kept without a decision, answers nothing, and is measured', async (context) => {
  const { act, measured, modules } = await ground(context);
  const hash = entryHash(ENTRY);
  measured.length = 0;
  await clockOf(context).sleep(500);
  assert.equal(await act({ kind: 'learn', entry: ENTRY, hash }), null);
  assert.deepEqual(measured, [[1, 1]]);
  assert.equal(modules.context.parts.ledger.decisions({ limit: 1 }).decisions.length, 0);
});

describe('what a service recalls', () => {
  const basis = async (context: TestContext, change: (modules: CoreModules) => Partial<CoreModules>) => {
    const event = (await (await ground(context, change)).act({ kind: 'recall' })) as ClaimEvent;
    assert.equal(event.kind, 'recalled');
    return event.kind === 'recalled' ? event.basis : null;
  };

  test('is nothing without the policy or the mark', async (context) => {
    assert.notEqual(await basis(context, () => ({})), null);
    const none = () => null;
    assert.equal(await basis(context, ({ policies }) => ({ policies: { ...policies, get: none } })), null);
    assert.equal(await basis(context, ({ marks }) => ({ marks: { ...marks, get: none } })), null);
  });
});

describe('a transaction', () => {
  const transaction: Transaction = {
    compares: [
      { key: MARK, value: null },
      { key: POINTER, value: null },
    ],
    writes: [],
  };
  const transact = async (context: TestContext, result: TransactionResult) => {
    const { act, places } = await ground(context, ({ batcher }) => ({
      batcher: { ...batcher, submit: async () => result },
    }));
    const event = await act({ kind: 'transact', transaction });
    return { answer: event?.kind === 'transacted' ? event.answer : null, places };
  };

  test('that meets other records names them', async (context) => {
    const current = [Buffer.from('another mark'), null];
    const { answer, places } = await transact(context, { outcome: 'conflict', current });
    const found = new Map([
      [MARK, 'another mark'],
      [POINTER, null],
    ]);
    assert.deepEqual(answer, { kind: 'conflict', found, epochKnown: true });
    assert.deepEqual(places, ['before-transaction', 'after-transaction']);
  });

  test('that applied passes the place before its entry', async (context) => {
    const { answer, places } = await transact(context, { outcome: 'applied' } as TransactionResult);
    assert.deepEqual(answer, { kind: 'applied' });
    assert.deepEqual(places, ['before-transaction', 'after-transaction', 'before-append']);
  });

  test('without a certain answer is ambiguous', async (context) => {
    const cause = new StoreFault('unavailable', 'no answer', 'wait');
    const { answer, places } = await transact(context, { outcome: 'ambiguous', cause });
    assert.deepEqual(answer, { kind: 'ambiguous' });
    assert.deepEqual(places, ['before-transaction', 'after-transaction']);
  });
});

test('what a claim reads again is what it asked for', async (context) => {
  const loads: string[] = [];
  const { act } = await ground(context, ({ policies, marks }) => ({
    policies: {
      ...policies,
      load: (...what) => {
        loads.push('policy');
        return policies.load(...what);
      },
    },
    marks: {
      ...marks,
      load: (...what) => {
        loads.push('mark');
        return marks.load(...what);
      },
    },
  }));
  const refreshed = async (policy: boolean, mark: boolean) => {
    loads.length = 0;
    assert.deepEqual(await act({ kind: 'refresh', policy, mark }), { kind: 'refreshed' });
    return loads.join();
  };
  assert.equal(await refreshed(true, false), 'policy');
  assert.equal(await refreshed(false, true), 'mark');
  assert.equal(await refreshed(true, true), 'policy,mark');
});
