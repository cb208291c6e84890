import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { optionsOf } from './ssh-options.ts';

test('login and port come from the network file, and everything else from the configuration of ssh', () => {
  const settings = { host: 'h', port: 22, user: 'root', timeoutMs: 60_000, clock: createVirtualClock() };
  const own = optionsOf({ ...settings, configFile: null });
  assert.deepEqual(own.slice(-4), ['-p', '22', '-l', 'root']);
  assert.ok(own.includes('StrictHostKeyChecking=yes') && own.includes('BatchMode=yes'));
  const set = ['-F', '-i', 'IdentityFile', 'ProxyJump', 'HostName', 'UserKnownHostsFile'];
  assert.ok(!own.some((word) => set.some((one) => word.startsWith(one))), own.join(' '));
  assert.deepEqual(optionsOf({ ...settings, configFile: '/x' }).slice(0, 2), ['-F', '/x']);
});
