import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Intent } from '../intent.ts';
import type { FakeManners } from './testing/fake-node.ts';
import { nominate, nominationsOf, programmeWithIntent, STASH } from './testing/fake-programme.ts';

/** Kills a process after so many of its actions; true if it survived. */
async function dieAfter(
  steps: number,
  delay: bigint,
  submit: FakeManners['submit'],
  call: Intent['call'],
): Promise<boolean> {
  const { programme, intent } = await programmeWithIntent({ delay }, { call });
  if (call === 'chill') nominate(programme);
  programme.node.manners.submit = submit;
  programme.dieAfter(steps);
  let deaths = 0;
  for (let block = 0; block < 60; block += 1) {
    programme.chain.grow(block % 3);
    if (await programme.turn()) deaths += 1;
  }
  const text = `after ${steps} steps, delay ${delay}, ${submit}`;
  assert.equal(programme.end(intent), 'verified', text);
  assert.equal(nominationsOf(programme, intent).length, 1, text);
  assert.equal(programme.chain.finalised().state.nominations.has(STASH), call === 'nominate');
  return deaths === 0;
}

describe('a process that dies', () => {
  for (const delay of [0n, 9n])
    for (const submit of ['ok', 'lands-and-fails', 'hang'] as const)
      for (const call of ['nominate', 'chill'] as const)
        test(`after anything that it did, delay ${delay}, submissions ${submit}: one ${call} lands`, async () => {
          let steps = 1;
          while (!(await dieAfter(steps, delay, submit, call))) steps += 1;
          assert.ok(steps > 10, `only ${steps} steps`);
        });

  test('between any two of its effects, again and again', async () => {
    for (let every = 5; every < 12; every += 1) {
      const { programme, intent } = await programmeWithIntent({ delay: 9n });
      for (let block = 0; block < 120; block += 1) {
        programme.dieAfter(every);
        await programme.pass(1);
      }
      assert.equal(programme.end(intent), 'verified', `every ${every}`);
      assert.equal(nominationsOf(programme, intent).length, 1);
    }
  });

  test('with its bytes stored and not sent: the chain is searched before the bytes are submitted', async () => {
    const { programme, intent } = await programmeWithIntent();
    programme.chain.grow();
    programme.node.manners.submit = 'lands-and-fails';
    const signed = new Set<string>();
    // Dies when the bytes were submitted, before it has recorded any answer.
    const isHanded = () => programme.node.handed.length > 0;
    for (let steps = 1; steps < 40 && !isHanded(); steps += 1) {
      programme.chain.grow();
      programme.dieAfter(steps);
      await programme.turn();
    }
    assert.ok(isHanded());
    programme.restart();
    for (const bytes of programme.node.handed) signed.add(bytes);
    programme.chain.grow();
    const before = programme.node.handed.length;
    await programme.turn();
    assert.equal(programme.node.handed.length, before, 'it was handed over again although it had landed');
    assert.equal(programme.end(intent), 'verified');
    assert.equal(signed.size, 1);
  });
});
