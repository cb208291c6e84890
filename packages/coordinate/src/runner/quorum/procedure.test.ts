import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import type { ActionPlugin } from '../../actions/port.ts';
import type { Note } from '../../rules.ts';
import { quorumProcedure } from './procedure.ts';
import { fakeDemoGroup, fakePlugin, noNode, subjectOf } from './testing/fake-demo-group.ts';

const never = new AbortController().signal;
const demo = fakeDemoGroup();
const plan = demo.plan(3n);
const broken = fakePlugin('urgent', {
  draft: async () => {
    throw new Error('the node is down');
  },
});
const idle = fakePlugin('urgent', { draft: async () => ({ kind: 'nothing', why: 'the queue is empty' }) });

function procedureOf(plugins: readonly ActionPlugin[], isBusy = false) {
  const notes: Note[] = [];
  const procedure = quorumProcedure({
    plugins: new Map(plugins.map((plugin) => [plugin.name, plugin])),
    node: noNode,
    seat: 0,
    settings: new Map([['usual', '{"a":1}']]),
    note: (note) => void notes.push(note),
    isBusy: () => isBusy,
    draftTimeoutMs: 6_000,
    time: createVirtualClock({ flowing: true }),
  });
  return { ...procedure, notes };
}

describe('a proposal', () => {
  test('is of the first action on the checklist that has work', async () => {
    const usual = fakePlugin('usual');
    const both = procedureOf([fakePlugin('urgent'), usual]);
    assert.equal((await both.generate(plan, 1, never)).action, 'urgent');
    const second = procedureOf([idle, usual]);
    assert.deepEqual(await second.generate(plan, 1, never), {
      action: 'usual',
      content: Buffer.from('usual'),
    });
    const nothing = procedureOf([idle, { ...idle, name: 'usual' }]);
    assert.deepEqual(await nothing.generate(plan, 1, never), { action: 'noop', content: new Uint8Array() });
    assert.deepEqual(
      nothing.notes.map(({ code, text }) => [code, text]),
      ['urgent', 'usual'].map((action) => [
        'nothing-to-propose',
        `window 3: ${action}: nothing to propose: the queue is empty`,
      ]),
    );
  });

  test('is not blocked by an action that fails, hangs or does not exist', async () => {
    const hanging = fakePlugin('urgent', { draft: () => new Promise(() => undefined) });
    for (const plugins of [[broken], [hanging], []]) {
      const { generate, notes } = procedureOf([...plugins, fakePlugin('usual')]);
      assert.equal((await generate(plan, 1, never)).action, 'usual');
      assert.equal(notes[0]?.code, 'draft-failed');
    }
  });

  test('of failures alone is tried again, and in the end becomes a noop', async () => {
    const { generate } = procedureOf([broken, { ...idle, name: 'usual' }]);
    await assert.rejects(generate(plan, 1, never), /the node is down/);
    await assert.rejects(generate(plan, 2, never), /the node is down/);
    assert.equal((await generate(plan, 3, never)).action, 'noop');
  });

  test('while an action runs here is a noop', async () => {
    const { generate } = procedureOf([fakePlugin('urgent')], true);
    assert.equal((await generate(plan, 1, never)).action, 'noop');
  });
});

describe('a judgement', () => {
  const value = demo.value(plan);

  test('is that of the action, which sees its own settings', async () => {
    const seen: string[] = [];
    const usual = fakePlugin('usual', {
      validate: async ({ settings, item, seat }) => {
        seen.push(`${settings} ${item.action} ${seat}`);
        return { result: 'refused', code: 'no', detail: '', facts: Uint8Array.of(1) };
      },
    });
    const { validate } = procedureOf([usual]);
    const answer = await validate(plan, subjectOf(value), never);
    assert.deepEqual(answer, { result: 'refused', code: 'no', detail: '', facts: Uint8Array.of(1) });
    assert.deepEqual(seen, ['{"a":1} usual 0']);
  });

  test('refuses what is not due, for another resource, or while an action runs', async () => {
    const { validate } = procedureOf([fakePlugin('usual')]);
    const code = async (changes: Parameters<typeof demo.value>[1], isBusy = false) => {
      const procedure = isBusy ? procedureOf([fakePlugin('usual')], true) : { validate };
      const answer = await procedure.validate(plan, subjectOf(demo.value(plan, changes)), never);
      return answer.result === 'refused' ? answer.code : answer.result;
    };
    assert.equal(await code({}), 'valid');
    assert.equal(await code({ action: 'other' }), 'not-due');
    assert.equal(await code({ resource: 'other' }), 'other-resource');
    assert.equal(await code({}, true), 'busy');
    assert.equal(await code({ referenceHash: new Uint8Array(32) }), 'unknown');
    assert.equal(await code({ action: 'urgent' }), 'unknown');
  });
});
