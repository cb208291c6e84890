import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoadedConfig } from '../../config/load.ts';
import { addresses, logFormat } from './shown.ts';

test('a log in a terminal is for people; JSON is for systemd, for a pipe, and by configuration', () => {
  const of = (outIsTerminal: boolean, env: Readonly<Record<string, string>>, kind: string) => {
    const loaded = { config: { log: { format: 'json' } }, originOf: () => ({ kind }) };
    return logFormat({ outIsTerminal, env }, loaded as unknown as LoadedConfig);
  };
  assert.equal(of(true, {}, 'default'), 'text');
  assert.equal(of(false, {}, 'default'), 'json');
  assert.equal(of(true, { INVOCATION_ID: '1' }, 'default'), 'json');
  assert.equal(of(true, {}, 'file'), 'json');
});

test('a service on every address is shown with a name that its certificate can have', () => {
  assert.equal(addresses('https://0.0.0.0:8450').page, 'https://localhost:8450/');
  assert.equal(addresses('http://[::]:8450').api, 'http://localhost:8450/v1');
  assert.equal(addresses('https://10.0.0.1:8450').ready, 'https://10.0.0.1:8450/readyz');
});
