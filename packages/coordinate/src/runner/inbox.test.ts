import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createInbox } from './inbox.ts';

const message = (text: string) => ({ type: 't', sender: 's', payload: Buffer.from(text) });
const never = new AbortController().signal;

async function texts(inbox: ReturnType<typeof createInbox>, count: number): Promise<string[]> {
  const taken: string[] = [];
  for (let i = 0; i < count; i++) {
    const event = await inbox.next(never);
    taken.push(event?.kind === 'message' ? Buffer.from(event.message.payload).toString() : `${event?.kind}`);
  }
  return taken;
}

describe('the inbox', () => {
  test('takes seats in turn, however much each of them sent', async () => {
    const inbox = createInbox(3, 10);
    for (const text of ['a1', 'a2', 'a3']) inbox.message(0, message(text));
    inbox.message(1, message('b1'));
    inbox.message(2, message('c1'));
    inbox.message(2, message('c2'));
    assert.equal(inbox.waiting(), 6);
    assert.deepEqual(await texts(inbox, 6), ['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
  });

  test('has no room for more than the bound of a seat, nor for a seat that does not exist', () => {
    const inbox = createInbox(2, 2);
    assert.ok(inbox.message(0, message('1')));
    assert.ok(inbox.message(0, message('2')));
    assert.ok(!inbox.message(0, message('3')));
    assert.ok(inbox.message(1, message('1')));
    assert.ok(!inbox.message(2, message('1')));
    assert.ok(!inbox.message(-1, message('1')));
  });

  test('keeps only the highest height, and hands it over before messages', async () => {
    const inbox = createInbox(1, 2);
    inbox.message(0, message('1'));
    for (const height of [7n, 9n, 8n]) inbox.height(height);
    inbox.answer({ kind: 'action-ended', window: 1n });
    assert.deepEqual(await inbox.next(never), { kind: 'height', height: 9n });
    assert.deepEqual(await texts(inbox, 2), ['action-ended', '1']);
  });

  test('wakes its reader, and releases it at the signal', async () => {
    const inbox = createInbox(1, 2);
    const waiting = inbox.next(never);
    inbox.height(3n);
    assert.deepEqual(await waiting, { kind: 'height', height: 3n });
    const stop = new AbortController();
    const last = inbox.next(stop.signal);
    stop.abort();
    assert.equal(await last, null);
    inbox.height(4n);
    assert.equal(await inbox.next(stop.signal), null);
  });
});
