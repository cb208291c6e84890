import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { localShell } from '../backup/host.ts';
import { machineCredentials } from './credentials.ts';

const SIGNAL = AbortSignal.timeout(60_000);

test('the public key of a credential goes with it, also when an earlier removal was cut short', async (context) => {
  const root = temporaryFolder(context);
  const folders = ['/etc/watchbill-fleet', '/var/lib/watchbill-fleet', '/etc/systemd/system'];
  const here = (text: string) => folders.reduce((all, one) => all.replaceAll(one, `${root}${one}`), text);
  const fill = (file: string) => {
    mkdirSync(dirname(here(file)), { recursive: true });
    writeFileSync(here(file), 'x');
  };
  const shell = localShell(process.env);
  // The script as it is, with its folders somewhere else.
  const credentials = machineCredentials((script, signal) => shell(here(script), signal), 'tide');
  const value = '/etc/watchbill-fleet/credentials/tide.v-0.babe.cred';
  const note = '/var/lib/watchbill-fleet/tide/public-keys/tide.v-0.babe';
  const outcome = async () => (await credentials.remove('tide.v-0.babe', { inUse: false }, SIGNAL)).outcome;
  for (const file of [value, note]) fill(file);
  assert.equal(await outcome(), 'done');
  assert.deepEqual([existsSync(here(value)), existsSync(here(note))], [false, false]);
  fill(note);
  assert.equal(await outcome(), 'absent');
  assert.equal(existsSync(here(note)), false, 'a seed that is gone refuses no other node its key');
});
