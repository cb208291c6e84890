import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { pino } from 'pino';
import { presetProgramme } from '../rounds/presets.ts';
import { serviceShape } from './config.ts';
import { ServiceFault } from './files.ts';
import { readyConfig } from './ready.ts';
import { SIGNER_EXAMPLES } from './signer-examples.ts';
import { checkSigners } from './signers.ts';
import { startProgramme } from './start.ts';

const KEY = `0x${'11'.repeat(32)}`;
const READY = readyConfig({ network: 'polkadot', topology: 'process', purpose: 'production' });
const PROGRAMME = presetProgramme({ network: 'polkadot', profile: 'fair' }, [
  { name: 'west', stashKey: KEY },
  { name: 'east', stashKey: `0x${'22'.repeat(32)}` },
]);
const FOLDER = { folder: 'payloads', account: KEY };

/** The code of the fault that a start with these signers has; null for none. */
function faultOf(send: boolean, signers: object): string | null {
  const config = serviceShape.parse({ ...READY, send, signers });
  try {
    checkSigners(config, PROGRAMME);
    return null;
  } catch (error) {
    assert.ok(error instanceof ServiceFault);
    return `${error.code}: ${error.message}`;
  }
}

test('a start refuses a signer under a name that no nominator has, also in a dry run', () => {
  for (const send of [true, false])
    assert.equal(
      faultOf(send, { west: FOLDER, wset: FOLDER, east: FOLDER }),
      'signer-unknown: `signers` has "wset", but the nominators of the programme are "west", "east"',
    );
});

test('a start that sends refuses every nominator without a signer', () => {
  const said = 'signer-missing: `send: true`, but `signers` has no entry for ';
  assert.equal(faultOf(true, { west: FOLDER }), `${said}"east"`);
  assert.equal(faultOf(true, {}), `${said}"west", "east"`);
  assert.equal(faultOf(true, { west: FOLDER, east: FOLDER }), null);
  assert.equal(faultOf(false, {}), null);
});

test('the start makes that check before it opens a database', async () => {
  const config = serviceShape.parse({ ...READY, send: true });
  const unused = () => assert.fail('not reached');
  const start = startProgramme({
    ...{ config, programme: PROGRAMME, dir: '/nowhere', role: 'all', version: '0', replayCommand: null },
    ...{ clock: createVirtualClock({}), systemNowMs: unused, fetch: unused, log: pino({ enabled: false }) },
  });
  await assert.rejects(start, { code: 'signer-missing' });
});

test('the reference has an example of every kind of signer, and each is accepted under its nominator', () => {
  const kinds = SIGNER_EXAMPLES.map(({ signer }) =>
    ['keyFile', 'command', 'folder'].find((key) => key in signer),
  );
  assert.deepEqual(kinds, ['keyFile', 'keyFile', 'command', 'folder']);
  for (const { signer } of SIGNER_EXAMPLES) assert.equal(faultOf(true, { west: signer, east: signer }), null);
});
