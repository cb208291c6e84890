import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '../testing/index.ts';
import { supervisorOf } from './supervisor.ts';

function supervised(env: Readonly<Record<string, string>>, fail = false) {
  const clock = createVirtualClock();
  const sent: string[] = [];
  const failures: string[] = [];
  const send = async (message: string): Promise<void> => {
    if (fail) throw new Error('no systemd-notify');
    sent.push(message);
  };
  return {
    clock,
    sent,
    failures,
    supervisor: supervisorOf({ env, clock }, (text) => failures.push(text), send),
  };
}

test('without a service manager no message is sent', async () => {
  const { sent, supervisor } = supervised({ WATCHDOG_USEC: '30000000' });
  await supervisor.ready();
  await supervisor.stopping();
  assert.deepEqual(sent, []);
});

test('the watchdog is fed three times in its period, from ready until the end', async () => {
  const { clock, sent, supervisor } = supervised({ NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '30000000' });
  await clock.advance(60_000);
  assert.deepEqual(sent, []);
  await supervisor.ready();
  await clock.advance(30_000);
  assert.deepEqual(sent, ['READY=1', 'WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1']);
  await supervisor.stopping();
  await clock.advance(60_000);
  assert.deepEqual(sent.slice(4), ['STOPPING=1']);
});

test('a unit without WatchdogSec= gets no watchdog messages', async () => {
  const { clock, sent, supervisor } = supervised({ NOTIFY_SOCKET: '/run/x' });
  await supervisor.ready();
  await clock.advance(60_000);
  assert.deepEqual(sent, ['READY=1']);
});

test('a message that is not sent is reported, and the program goes on', async () => {
  const { failures, supervisor } = supervised({ NOTIFY_SOCKET: '/run/x' }, true);
  await supervisor.ready();
  await supervisor.stopping();
  assert.deepEqual(failures, ['Error: no systemd-notify', 'Error: no systemd-notify']);
});

test('a program that reports that its work hangs is not fed for', async () => {
  const { clock, sent, supervisor } = supervised({ NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '30000000' });
  let isAlive = true;
  await supervisor.ready(() => isAlive);
  await clock.advance(11_000);
  isAlive = false;
  await clock.advance(60_000);
  await supervisor.stopping();
  assert.deepEqual(sent, ['READY=1', 'WATCHDOG=1', 'STOPPING=1']);
});
