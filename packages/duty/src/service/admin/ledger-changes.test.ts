import assert from 'node:assert/strict';
import { hash as digestOf } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import type { Freeze, Policy } from '../../rule/index.ts';
import { type Store, StoreFault, type TransactionResult } from '../../store/index.ts';
import { policyOf } from '../claim/testing/claim.ts';
import type { SessionState } from '../contract.ts';
import { decodePolicy, decodeRecord, toBytes, toText } from '../ground/records.ts';
import { startCore, untilOpen } from '../testing/core.ts';
import { policyDocument, refusal } from '../testing/services.ts';
import { clockOf } from '../testing/world.ts';
import { createLedgerChanges, nextPolicy, policyGuard, versionOf } from './ledger-changes.ts';

const FREEZE = { before: 'enforce', cause: 'operator', by: 'ada', lifted: null } as unknown as Freeze;

describe('the next version of a policy', () => {
  const next = (before: Partial<Policy> | null, mode: Policy['mode']) => {
    const held = before === null ? null : { policy: { ...policyOf(), ...before }, pointerText: '' };
    const { policy } = versionOf(nextPolicy(policyDocument(), held, mode), held, 'ada', 5);
    assert.equal(policy.chain, policyDocument().chain);
    return { version: policy.version, mode: policy.mode, freeze: policy.freeze };
  };

  test('counts from one, and has the mode that is asked for', () => {
    assert.deepEqual(next(null, 'idle'), { version: 1, mode: 'idle', freeze: undefined });
    const before = { version: 4, mode: 'idle' } as const;
    assert.deepEqual(next(before, 'enforce'), { version: 5, mode: 'enforce', freeze: undefined });
  });

  test('stays frozen, and the lift restores the mode of an adoption', () => {
    const frozen = { version: 4, mode: 'frozen' } as const;
    const idle = { ...FREEZE, before: 'idle' } as const;
    const adopted = next({ ...frozen, freeze: idle }, 'enforce');
    assert.deepEqual(adopted, { version: 5, mode: 'frozen', freeze: FREEZE });
    assert.deepEqual(next({ ...frozen, freeze: idle }, 'frozen').freeze, idle);
  });

  test('keeps a freeze that was lifted', () => {
    const lifted = { version: 4, mode: 'enforce', freeze: FREEZE } as const;
    assert.deepEqual(next(lifted, 'enforce'), { version: 5, mode: 'enforce', freeze: FREEZE });
  });
});

test('a version has the hash of its text as id, and names the one before', () => {
  const held = { policy: { ...policyOf(), versionId: 'ab'.repeat(32) }, pointerText: 'p' };
  const { pointerText, writes, policy } = versionOf(policyOf(), held, 'ada', 5);
  const [pointer = '', text = ''] = writes.map(({ key, value }) => toText(value ?? new Uint8Array(), key));
  assert.equal(pointer, pointerText);
  assert.deepEqual(decodeRecord('pointer', pointer), { versionId: digestOf('sha256', text), version: 2 });
  assert.deepEqual(decodePolicy(text, policy.versionId), policy);
  const { prev, by, atMs } = decodeRecord('change', text);
  assert.deepEqual([prev, by, atMs], [held.policy.versionId, 'ada', 5]);
  assert.deepEqual([policyGuard(policy, null).value, policyGuard(policy, held).value], [null, toBytes('p')]);
});

const WAIT = 'Wait until the service is ready, or ask another one.';

test('a change needs a service that serves, with a certain session record', async (context) => {
  const { modules } = await startCore(context);
  await untilOpen(context, modules);
  const mustServe = async (state: SessionState, text: string | null) => {
    const session = { ...modules.session, state: () => state, recordText: () => text, detail: () => 'why' };
    return createLedgerChanges({ ...modules, session }).mustServe();
  };
  const refused = (is: SessionState) => `503 not-serving: the service is ${is}: why | ${WAIT}`;
  assert.equal(await mustServe('serving', 'a record'), 'a record');
  assert.equal(await refusal(mustServe('checking', 'a record')), refused('checking'));
  assert.equal(await refusal(mustServe('serving', null)), refused('serving'));
});

describe('a change that is not written', () => {
  /** Commits over such a store. `renewed`: the session record changes after each conflict. */
  async function commit(context: TestContext, answer: (own: number) => TransactionResult, renewed = true) {
    const { modules } = await startCore(context);
    await untilOpen(context, modules);
    const clock = clockOf(context);
    let record = 0;
    let tries = 0;
    const session = {
      ...modules.session,
      state: () => 'serving' as const,
      recordText: () => `record ${record}`,
      compareFailed: () => {
        if (renewed) record += 1;
      },
    };
    const transact: Store['transact'] = async ([transaction], options) => {
      tries += 1;
      assert.ok(tries < 50, 'the tries do not end');
      assert.equal(options?.timeoutMs, modules.context.options.storeTimeoutMs);
      return [answer((transaction?.compares.length ?? 0) - 1)];
    };
    const store = { ...modules.context.parts.store, transact };
    const core = { ...modules.context, parts: { ...modules.context.parts, store } };
    const changes = createLedgerChanges({ ...modules, session, context: core });
    const next = versionOf(policyOf(), null, 'ada', 1);
    const beganMs = clock.monotonicMs();
    const asked = changes.commit({ next, before: null, sessionText: 'record 0', what: 'policy' });
    return { told: await refusal(asked), tries, ms: clock.monotonicMs() - beganMs };
  }
  const conflict =
    (text: string) =>
    (own: number): TransactionResult => ({
      outcome: 'conflict',
      current: Array.from({ length: own + 1 }, (_, at) => (at === own ? Buffer.from(text) : null)),
    });

  test('is tried once more for each of three renewals, then refused', async (context) => {
    const { told, tries } = await commit(context, conflict('another record'));
    const why = 'the session was renewed again and again meanwhile';
    assert.deepEqual([told, tries], [`503 not-serving: ${why} | ${WAIT}`, 3]);
  });

  test('waits for the renewed record as long as the store may take', async (context) => {
    const { told, ms } = await commit(context, conflict('another record'), false);
    assert.deepEqual([told, ms], [`503 not-serving: the session is being renewed | ${WAIT}`, 2_000]);
  });

  test('is refused if another record than the session changed', async (context) => {
    const { told, tries } = await commit(context, conflict('record 0'));
    const remedy = 'Look at it again and repeat the command.';
    assert.deepEqual([told, tries], [`409 changed: the policy changed meanwhile | ${remedy}`, 1]);
  });

  test('is uncertain if the store is', async (context) => {
    const cause = new StoreFault('unavailable', 'no answer', 'wait');
    const { told } = await commit(context, () => ({ outcome: 'ambiguous', cause }));
    const remedy = 'Look at it, and repeat the command if it was not.';
    assert.equal(told, `503 store-unavailable: it is not certain whether the policy was written | ${remedy}`);
  });
});
