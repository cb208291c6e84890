// A copy of the state folder of a member runs as a second process: the member stops signing and says why, and
// no other member is blamed.

import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { freePorts, waitFor } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import type { Told } from '../process.ts';
import { type DemoGroup, makeDemoGroup, NAMES, textOf } from './demo-group.ts';
import { agreedAfter } from './outcomes.ts';

leaveNothing('twin');

const LIMIT = { timeout: 180_000 };

let demo: DemoGroup;

before(async () => {
  demo = await makeDemoGroup();
  await demo.chain();
}, LIMIT);

after(() => demo.close());

const problemsOf = async (name: string): Promise<string> =>
  ((await demo.status(name)).problems as readonly string[]).join();

test(
  'a member whose copy runs elsewhere abstains until it is restarted, and blames no member',
  LIMIT,
  async () => {
    const members = NAMES.map((name) => demo.member(name));
    const [one, two] = members;
    assert.ok(one !== undefined && two !== undefined);
    await Promise.all(
      members.map((member) =>
        member.until(({ event, result }) => event === 'outcome' && result === 'execute'),
      ),
    );
    const [listen, http] = await freePorts(2);
    cpSync(demo.file('one'), demo.file('twin'), { recursive: true });
    const moved = textOf(demo.config('one'))
      .replace(/tcp\/\d+/, `tcp/${listen}`)
      .replace(/port: \d+/, `port: ${http}`);
    writeFileSync(demo.config('twin'), moved);
    const twin = demo.member('twin');
    const alarm = await one.until(({ event }) => event === 'own-key-elsewhere');
    assert.match(alarm.text, /another process runs with the key of this member/);
    assert.match(await problemsOf('one'), /another process runs with the key of this member/);
    const sitsOut = await one.until(({ event }) => event === 'sits-out');
    assert.match(sitsOut.text, /another process runs with the key/);
    await agreedAfter(two, BigInt(/window (\d+)/.exec(sitsOut.text)?.[1] ?? '0'));
    // The copy itself may break a rule, with the key of `one`.
    const isBlamed = ({ event, kind, culprit }: Told): boolean =>
      event.startsWith('refused-') || (event === 'fault' && kind !== 'idleness' && culprit !== 'one');
    assert.deepEqual(one.lines.filter(isBlamed), []);
    await twin.stop('SIGTERM');
    await one.stop('SIGTERM');
    const again = demo.member('one');
    await again.until(({ event, result }) => event === 'outcome' && result === 'execute');
    await waitFor('it is well', async () => (await problemsOf('one')) === '', { timeoutMs: LIMIT.timeout });
    assert.ok(
      !again.lines.some(({ event }) => event === 'own-key-elsewhere'),
      'its own earlier frames are no other process',
    );
  },
);
