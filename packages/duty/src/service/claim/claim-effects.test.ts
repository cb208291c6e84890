import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { entryHash } from '../../rule/index.ts';
import { StoreFault, type Transaction, type TransactionResult } from '../../store/index.ts';
import { unknown } from '../ground/verdict.ts';
import { type Ledger, LedgerFault } from '../ledger/port.ts';
import type { CoreModules } from '../modules.ts';
import { startCore, untilOpen } from '../testing/core.ts';
import { silentLog, silentMeter } from '../testing/services.ts';
import { clockOf } from '../testing/world.ts';
import { startClaim } from './asked.ts';
import { createClaimEffects } from './claim-effects.ts';
import { IDENTITY, MARK, OWN, POINTER, SEAL, startedClaim } from './testing/claim.ts';
import { createStepTimes } from './times.ts';

const ENTRY = OWN.mark.last;

/** The parts of a service that serves, some of them changed; what they logged, measured and passed. */
async function ground(
  context: TestContext,
  change: (modules: CoreModules) => Partial<CoreModules> = () => ({}),
) {
  const errors: unknown[] = [];
  const infos: unknown[] = [];
  const measured: unknown[] = [];
  const places: string[] = [];
  const { modules } = await startCore(context, {
    parts: {
      log: {
        ...silentLog,
        error: (...line: unknown[]) => void errors.push(line),
        info: (...line: unknown[]) => void infos.push(line),
      },
      meter: { ...silentMeter, ledgerAppend: (...figures: unknown[]) => void measured.push(figures) },
      failpoint: (name) => void places.push(name),
    },
  });
  await untilOpen(context, modules);
  await modules.marks.load(startedClaim(SEAL).ref, 1_000);
  for (const noted of [places, errors, infos]) noted.length = 0;
  const effects = createClaimEffects({ ...modules, ...change(modules) });
  return { modules, effects, claim: startedClaim(SEAL), errors, infos, measured, places };
}

test('a word that this ledger did not write is logged, with the node that sent it', async (context) => {
  const { effects, claim, errors } = await ground(context);
  effects.wordRefused(claim, 'its proof is wrong');
  const event = { event: 'word-refused', node: 'a', detail: 'its proof is wrong' };
  assert.deepEqual(errors, [[event, 'node a sent a word that this ledger did not write']]);
});

test('a wait of a held claim ends with a change of its mark or of its watch', async (context) => {
  const clock = clockOf(context);
  let change: () => void = () => undefined;
  const hearing = (_of: unknown, ...more: readonly unknown[]) => {
    change = more.at(-1) as () => void;
    return () => undefined;
  };
  for (const book of ['marks', 'watches'] as const) {
    const { effects, claim } = await ground(context, (modules) => ({
      [book]: { ...modules[book], onChange: hearing },
    }));
    const began = clock.monotonicMs();
    const late = unknown('deadline', 'late');
    const waiting = effects.wait(claim, { kind: 'hold', untilMs: began + 200, late });
    await clock.sleep(10);
    change();
    await waiting;
    assert.equal(clock.monotonicMs() - began, 10, book);
    claim.unfollow?.();
  }
});

test('an entry that is learned is kept without a decision, and is measured', async (context) => {
  const { effects, claim, measured, modules } = await ground(context);
  measured.length = 0;
  await clockOf(context).sleep(500);
  await effects.learn(claim, ENTRY, entryHash(ENTRY));
  assert.deepEqual(measured, [[1, 1]]);
  assert.equal(modules.context.parts.ledger.decisions({ limit: 1 }).decisions.length, 0);
});

test('the first entry that the disk refuses is logged, and the first that it takes again', async (context) => {
  const fault = new LedgerFault('the disk is full', 'free some space');
  let failure: Error | null = null;
  const { effects, claim, errors, infos } = await ground(context, ({ context: inner }) => {
    const append = () => (failure === null ? Promise.resolve() : Promise.reject(failure));
    const ledger = { ...inner.parts.ledger, append };
    return { context: { ...inner, parts: { ...inner.parts, ledger } } };
  });
  const learn = async (next: Error | null) => {
    failure = next;
    const learned = effects.learn(claim, ENTRY, entryHash(ENTRY));
    await (next === null ? learned : assert.rejects(learned, next));
  };
  await learn(null);
  await learn(new Error('a defect'));
  assert.deepEqual([errors, infos], [[], []]);
  for (const next of [fault, fault, null, null, fault]) await learn(next);
  const why = 'the disk is full; free some space';
  const text = `the disk did not take an entry, and without it no unit is granted: ${why}`;
  const down = [{ event: 'ledger-down', detail: why }, text];
  assert.deepEqual(errors, [down, down]);
  assert.deepEqual(infos, [[{ event: 'ledger-up' }, 'the disk of the service takes entries again']]);
});

const basis = async (context: TestContext, change: (modules: CoreModules) => Partial<CoreModules>) => {
  const { effects, claim } = await ground(context, change);
  return effects.recall(claim);
};

test('what a service recalls is nothing without the policy or the mark', async (context) => {
  assert.notEqual(await basis(context, () => ({})), null);
  const none = () => null;
  assert.equal(await basis(context, ({ policies }) => ({ policies: { ...policies, get: none } })), null);
  assert.equal(await basis(context, ({ marks }) => ({ marks: { ...marks, get: none } })), null);
});

const OWN_ENTRY = { entry: ENTRY, hash: entryHash(ENTRY), decide: () => null };

describe('a transaction', () => {
  const transaction: Transaction = {
    compares: [MARK, POINTER].map((key) => ({ key, value: null })),
    writes: [],
  };
  const transact = async (context: TestContext, result: TransactionResult) => {
    const { effects, claim, places } = await ground(context, ({ batcher }) => ({
      batcher: { ...batcher, submit: async () => result },
    }));
    return { answer: await effects.transact(claim, transaction, OWN_ENTRY), places };
  };

  test('that meets other records names them', async (context) => {
    const current = [Buffer.from('another mark'), null];
    const { answer, places } = await transact(context, { outcome: 'conflict', current });
    const found = new Map([
      [MARK, 'another mark'],
      [POINTER, null],
    ]);
    assert.deepEqual(answer, { kind: 'conflict', found });
    assert.deepEqual(places, ['before-transaction', 'after-transaction']);
  });

  test('that applied passes the place before its entry', async (context) => {
    const applied = await transact(context, { outcome: 'applied' } as TransactionResult);
    const places = ['before-transaction', 'after-transaction'];
    assert.deepEqual(applied, { answer: { kind: 'applied' }, places: [...places, 'before-append'] });
  });

  test('takes its entry along, if the store lives in the file of the ledger', async (context) => {
    const taken: unknown[] = [];
    const { effects, claim, places } = await ground(context, ({ batcher, context: inner }) => {
      const along: Ledger['along'] =
        ({ hash }, decide) =>
        () =>
          void taken.push(hash, decide());
      const submit = async (sent: Transaction) => {
        sent.along?.();
        return { outcome: 'applied' } as TransactionResult;
      };
      const ledger = { ...inner.parts.ledger, along };
      return { batcher: { ...batcher, submit }, context: { ...inner, parts: { ...inner.parts, ledger } } };
    });
    assert.deepEqual(await effects.transact(claim, transaction, OWN_ENTRY), { kind: 'entered' });
    assert.deepEqual([taken, places.at(-1)], [[OWN_ENTRY.hash, null], 'after-append']);
  });

  test('without a certain answer is ambiguous', async (context) => {
    const cause = new StoreFault('unavailable', 'no answer', 'wait');
    const { answer, places } = await transact(context, { outcome: 'ambiguous', cause });
    assert.deepEqual([answer, places.length], [{ kind: 'ambiguous' }, 2]);
  });
});

test('what a claim reads again is what it asked for', async (context) => {
  const loads: string[] = [];
  const noting = <Given extends unknown[], Answer>(name: string, load: (...given: Given) => Answer) => {
    return (...given: Given) => {
      loads.push(name);
      return load(...given);
    };
  };
  const { effects, claim } = await ground(context, ({ policies, marks }) => ({
    policies: { ...policies, load: noting('policy', policies.load) },
    marks: { ...marks, load: noting('mark', marks.load) },
  }));
  await effects.refresh(claim, { policy: true, mark: false });
  await effects.refresh(claim, { policy: false, mark: true });
  assert.deepEqual(loads.splice(0), ['policy', 'mark']);
  await effects.refresh(claim, { policy: true, mark: true });
  assert.deepEqual(loads, ['policy', 'mark']);
});

test('each call of the store, and each of the own disk, counts as that step', async (context) => {
  const { effects, claim, modules } = await ground(context, ({ reports, watches }) => ({
    reports: { ...reports, report: async () => undefined },
    watches: { ...watches, tryTake: async () => false },
  }));
  const begun: string[] = [];
  const timed = {
    ...claim,
    times: { ...claim.times, begin: (name: unknown) => void begun.push(String(name)) },
  };
  const policy = modules.policies.all()[0] ?? assert.fail();
  await effects.read(timed);
  await effects.readWatch(timed, policy);
  await effects.takeWatch(timed, policy);
  await effects.refresh(timed, { policy: true, mark: false });
  await effects.report(timed, {} as never);
  await effects.learn(timed, ENTRY, entryHash(ENTRY));
  assert.deepEqual(begun, ['store', 'store', 'store', 'store', 'flush', 'flush']);
});

test('a delay at a failpoint counts as the step that it delays', async (context) => {
  const clock = clockOf(context);
  const { effects } = await ground(context, ({ batcher, context: inner }) => ({
    batcher: { ...batcher, submit: async () => ({ outcome: 'applied' }) as TransactionResult },
    context: { ...inner, parts: { ...inner.parts, failpoint: () => clock.sleep(40) } },
  }));
  const claim = startClaim(startedClaim(SEAL).asked, IDENTITY, createStepTimes(clock));
  await effects.transact(claim, { compares: [], writes: [] }, OWN_ENTRY);
  await effects.append(claim, OWN_ENTRY);
  const spent = Object.fromEntries(claim.times.soFar().map(({ name, ms }) => [name, ms]));
  assert.deepEqual({ ...spent, flush: 0 }, { queue: 0, wait: 0, store: 120, flush: 0 });
  assert.ok((spent.flush ?? 0) >= 40, String(spent.flush));
});
