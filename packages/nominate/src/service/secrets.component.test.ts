import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fields, temporaryFolder } from '@watchbill/kit/testing';
import { channelsOf } from './channels.ts';
import { serviceShape } from './config.ts';
import { readSecret, ServiceFault } from './files.ts';
import { readyConfig } from './ready.ts';
import { signersOf } from './signers.ts';

const FOLDER = temporaryFolder();

function secretFile(name: string, text: string, mode = 0o600): string {
  writeFileSync(join(FOLDER, name), text, { mode });
  return name;
}

const LOCAL = readyConfig({ network: 'local', topology: 'process', purpose: 'development' });

describe('secrets', () => {
  test('defect 17: a file that others can read is refused, and no fault shows what is in one', () => {
    assert.equal(readSecret(FOLDER, secretFile('good', 'hunter2\nrest')), 'hunter2');
    for (const file of [secretFile('open', 'hunter2', 0o644), secretFile('empty', ''), 'missing'])
      assert.throws(
        () => readSecret(FOLDER, file),
        (fault) => fault instanceof ServiceFault && !`${fault.message}${fault.stack}`.includes('hunter2'),
        file,
      );
  });

  test('channels take theirs from files', () => {
    const token = secretFile('token', 'hunter2');
    const { notify } = serviceShape.parse({
      ...LOCAL,
      notify: [
        { kind: 'matrix', name: 'm', baseUrl: 'https://m.example', room: '!a:b', tokenFile: token },
        { kind: 'telegram', name: 't', tokenFile: token, chat: '7' },
        { kind: 'slack', name: 's', urlFile: secretFile('hook', 'https://hooks.example/x') },
        { kind: 'webhook', name: 'w', urlFile: 'hook', least: 'critical' },
      ],
    });
    const channels = channelsOf(notify, FOLDER, () => Promise.reject(new Error('no network')));
    assert.deepEqual(channels.map(fields('name', 'least')), [
      ['m', 'warning'],
      ['t', 'warning'],
      ['s', 'warning'],
      ['w', 'critical'],
    ]);
  });

  test('a signer without an account that can be read is refused', () => {
    const config = serviceShape.parse({
      ...LOCAL,
      signers: { west: { folder: 'out', account: 'nonsense' } },
    });
    assert.throws(() => signersOf(config, FOLDER, 0, () => null), ServiceFault);
    const good = serviceShape.parse({
      ...LOCAL,
      signers: { west: { folder: 'out', account: `0x${'12'.repeat(32)}` } },
    });
    assert.equal(signersOf(good, FOLDER, 0, () => null).get('west')?.account, `0x${'12'.repeat(32)}`);
  });
});
