import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { field, fields } from '@watchbill/kit/testing';
import { openProgrammeStore } from '../storage/open.ts';
import type { ProgrammeStore } from '../storage/port.ts';
import type { Channel, Fetch, Message } from './channel.ts';
import { matrixChannel, slackChannel, telegramChannel, webhookChannel } from './channels.ts';
import { deliver } from './deliver.ts';
import { closeNotice, openNotice } from './notices.ts';

const COMMON = { least: 'info', perMinute: 60 } as const;
const SIGNAL = new AbortController().signal;
const HOSTILE = '<img src=x onerror=alert(1)> & "node" \u202egnirts\u0007';
const TOKEN = 'hunter2-token';

let store: ProgrammeStore;
let nowMs = 1_000;
beforeEach(async () => {
  nowMs = 1_000;
  store = await openProgrammeStore({ file: ':memory:' }, () => nowMs);
});
afterEach(() => store.close());

/** A channel that records its messages. */
function fakeChannel(change: Partial<Channel> = {}): Channel & { readonly got: Message[] } {
  const got: Message[] = [];
  return { name: 'fake', ...COMMON, send: async (message) => void got.push(message), ...change, got };
}

const pass = (...channels: readonly Channel[]) => deliver(store, channels, () => nowMs, SIGNAL);
const open = (key: string, severity: 'info' | 'warning' | 'critical' = 'warning') =>
  openNotice(store, nowMs, { key, severity, text: `about ${key}` });

describe('defect 28: notices', () => {
  test('a notice is sent once, again if its severity rises, and once when it ends', async () => {
    const channel = fakeChannel();
    await open('a');
    await pass(channel);
    await open('a');
    await pass(channel);
    assert.equal(channel.got.length, 1);
    await open('a', 'critical');
    await pass(channel);
    await closeNotice(store, nowMs, 'a');
    await pass(channel);
    await pass(channel);
    assert.deepEqual(channel.got.map(fields('severity', 'isOver')), [
      ['warning', false],
      ['critical', false],
      ['critical', true],
    ]);
    nowMs += 5;
    await open('a');
    await pass(channel);
    assert.equal(channel.got.length, 4, 'a new one with the key of an old one is news');
    assert.equal((await store.notices.get('a'))?.lastSentMs, nowMs);
  });

  test('a notice that ended before it could be sent is not sent', async () => {
    const channel = fakeChannel();
    await open('a');
    await closeNotice(store, nowMs, 'a');
    await pass(channel);
    assert.deepEqual(channel.got, []);
  });

  test('a failing channel does not affect the others, and is retried', async () => {
    let fails = true;
    const good = fakeChannel({ name: 'good' });
    const bad = fakeChannel({ name: 'bad' });
    const flaky = {
      ...bad,
      send: (message: Message) => (fails ? Promise.reject(new Error('away')) : bad.send(message, SIGNAL)),
    };
    await open('a');
    assert.match(await pass(flaky, good), /bad: 0 sent, 1 wait: away; good: 1 sent/);
    fails = false;
    await pass(flaky, good);
    assert.deepEqual([good.got.length, bad.got.length], [1, 1]);
  });

  test('no more in a minute than the channel takes, the worst first; the rest follows', async () => {
    const channel = fakeChannel({ perMinute: 2 });
    for (const key of ['a', 'b', 'c']) await open(key, 'info');
    await open('d', 'critical');
    await pass(channel);
    assert.deepEqual(channel.got.map(field('key')), ['d', 'a']);
    await pass(channel);
    assert.equal(channel.got.length, 2);
    nowMs += 60_001;
    await pass(channel);
    assert.deepEqual(channel.got.map(field('key')), ['d', 'a', 'b', 'c']);
  });

  test('a clock that was ahead and is right again does not silence a channel', async () => {
    const channel = fakeChannel({ perMinute: 1 });
    nowMs += 3_600_000;
    await open('a');
    await pass(channel);
    nowMs -= 3_600_000;
    await open('b', 'critical');
    assert.equal(await pass(channel), 'fake: 1 sent');
    assert.deepEqual(channel.got.map(field('key')), ['a', 'b']);
  });

  test('a notice below the severity of a channel is not sent to it', async () => {
    const channel = fakeChannel({ least: 'critical' });
    await open('a', 'warning');
    await open('b', 'critical');
    await pass(channel);
    assert.deepEqual(channel.got.map(field('key')), ['b']);
  });
});

interface Sent {
  readonly url: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A fake service that receives the messages. */
function fakeService(status = 200) {
  const sent: Sent[] = [];
  const fetch: Fetch = async (url, init) => {
    sent.push({ url, body: JSON.parse(String(init.body)) as Sent['body'] });
    return new Response('{}', { status });
  };
  return { sent, fetch };
}

const message: Message = { key: 'k', severity: 'critical', text: HOSTILE, isOver: false, id: 'id-1' };
const MATRIX = {
  name: 'matrix',
  ...COMMON,
  baseUrl: 'https://matrix.example',
  room: '!r:example',
  token: TOKEN,
};

describe('defect 28: names of strangers in messages', () => {
  test('Matrix: markup is text, and a message that is sent again has the same transaction', async () => {
    const { sent, fetch } = fakeService();
    const channel = matrixChannel(MATRIX, fetch);
    await channel.send(message, SIGNAL);
    await channel.send(message, SIGNAL);
    assert.equal(
      sent[0]?.url,
      'https://matrix.example/_matrix/client/v3/rooms/!r%3Aexample/send/m.room.message/id-1',
    );
    assert.equal(sent[1]?.url, sent[0]?.url);
    assert.equal(
      sent[0]?.body.formatted_body,
      '[critical] &lt;img src=x onerror=alert(1)&gt; &amp; &quot;node&quot;  gnirts ',
    );
  });

  test('Slack: its markup is escaped', async () => {
    const { sent, fetch } = fakeService();
    await slackChannel({ name: 'slack', ...COMMON, url: 'https://hooks.example/T' }, fetch).send(
      message,
      SIGNAL,
    );
    assert.doesNotMatch(String(sent[0]?.body.text), /<img|<!/);
  });

  test('Telegram and others: plain text, without characters that reorder it', async () => {
    const { sent, fetch } = fakeService();
    const telegram = { name: 'telegram', ...COMMON, baseUrl: 'https://api.example', token: TOKEN, chat: '7' };
    await telegramChannel(telegram, fetch).send(message, SIGNAL);
    assert.equal(sent[0]?.body.parse_mode, undefined);
    assert.doesNotMatch(String(sent[0]?.body.text), /[\p{Cf}\p{Cc}]/u);
    await webhookChannel({ name: 'hook', ...COMMON, url: 'https://hook.example/' }, fetch).send(
      message,
      SIGNAL,
    );
    assert.equal(sent[1]?.body.text, HOSTILE);
  });

  test('a refusal or a lost connection names the channel, but no token or address', async () => {
    const lost: Fetch = () => Promise.reject(new Error(`connect https://api.example/bot${TOKEN} failed`));
    const refusing = fakeService(403).fetch;
    for (const fetch of [lost, refusing]) {
      const telegram = {
        name: 'telegram',
        ...COMMON,
        baseUrl: 'https://api.example',
        token: TOKEN,
        chat: '7',
      };
      for (const channel of [telegramChannel(telegram, fetch), matrixChannel(MATRIX, fetch)]) {
        const fault = await channel.send(message, SIGNAL).catch((error: unknown) => error);
        assert.ok(fault instanceof Error);
        assert.match(fault.message, new RegExp(`^${channel.name} `));
        assert.doesNotMatch(`${fault.stack} ${String(fault.cause)}`, new RegExp(`${TOKEN}|example`));
      }
    }
  });
});
