import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeFault, type NodeRpc } from '@watchbill/chain';
import { heldKeys } from './held.ts';
import { known, unknown } from './known.ts';
import type { StashFacts } from './session.ts';

const KEY = (byte: string) => `0x${byte.repeat(32)}`;

/** A keystore that holds some keys; `null` refuses to answer. */
function keystore(holds: Readonly<Record<string, boolean | null>>): NodeRpc {
  return {
    address: 'fake',
    call: async <T>(_method: string, [key]: readonly unknown[] = []) => {
      const answer = holds[String(key)];
      if (answer === null) throw new NodeFault('refused', 'RPC call is unsafe to be called externally');
      return (answer ?? false) as T;
    },
    subscribe: async () => ({ close: () => undefined }),
    close: () => undefined,
  };
}

const FACTS: StashFacts = {
  inSet: known(true),
  inNextSet: known(true),
  current: known([
    { type: 'babe', key: KEY('01') },
    { type: 'gran', key: KEY('02') },
  ]),
  queued: known(KEY('03')),
  next: known(null),
  sessionsLeft: known(0),
};

test('all keys of a set are held, one is missing, or it is unknown', async () => {
  const whole = await heldKeys(keystore({ [KEY('01')]: true, [KEY('02')]: true, [KEY('03')]: true }), FACTS);
  assert.deepEqual(whole, { current: known(true), queued: known(true) });
  const half = await heldKeys(keystore({ [KEY('01')]: true, [KEY('02')]: false }), FACTS);
  assert.deepEqual(half, { current: known(false), queued: known(false) });
  // One that is missing settles it; one that is there does not.
  const doubtful = keystore({ [KEY('01')]: false, [KEY('02')]: null, [KEY('03')]: null });
  assert.deepEqual((await heldKeys(doubtful, FACTS)).current, known(false));
  const refused = await heldKeys(
    keystore({ [KEY('01')]: true, [KEY('02')]: null, [KEY('03')]: null }),
    FACTS,
  );
  assert.deepEqual([refused.current?.known, refused.queued?.known], [false, false]);
  const gone = await heldKeys(keystore({}), { ...FACTS, current: unknown('gone'), queued: unknown('gone') });
  assert.deepEqual(gone, { current: unknown('gone'), queued: unknown('gone') });
});
