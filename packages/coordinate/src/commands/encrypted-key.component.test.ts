// The operator key at rest: encrypted, and opened with a passphrase from a file or a person.

import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sealKeyFile } from '@watchbill/chain/keys';
import { startFakeNode } from '@watchbill/chain/testing';
import type { Ran } from '@watchbill/kit/command/testing/fake-io';
import { commandsIn, runFake } from './testing/run-coordinate.ts';

const LIMIT = { timeout: 180_000 };
const PASSPHRASE = 'correct horse battery';
const CONFIG = ['--config', 'alpha/coordinate.yaml'];
/** Flags for a key file with the full costs of scrypt, half a second. */
const ENCRYPT = ['--encrypt', '--passphrase-file', 'passphrase'];
const CHEAP = { n: 2 ** 10, r: 8, p: 1 };

/** An operator with a key of this scheme in a group of one, on a chain that no node follows. */
async function operator(scheme: string, ...secret: readonly string[]) {
  const { cwd, json, refused } = commandsIn();
  const run = (...answers: readonly string[]) =>
    runFake(['coordinate', 'run', ...CONFIG], answers.length === 0 ? { cwd } : { cwd, answers });
  const joinGroup = () => json('group join group.yaml', ...CONFIG);
  const put = (name: string, text: string): void => writeFileSync(join(cwd, name), text, { mode: 0o600 });
  put('passphrase', `${PASSPHRASE}\n`);
  const made = await json('init --dir alpha --name alpha --scheme', scheme, ...secret);
  const member = String(made.member);
  const genesis = `0x${'91'.repeat(32)}`;
  await json('group create --name g --genesis', genesis, '--member', member);
  const file = join(cwd, 'alpha', 'coordinate.yaml');
  const change = (from: RegExp | string, to: string): void =>
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
  return { cwd, joinGroup, run, refused, put, change, key: join(cwd, 'alpha', 'operator.key'), member };
}

/** The same, and the plain key file is encrypted afterwards, at little cost. */
async function encrypted() {
  const made = await operator('ed25519');
  const secret = Buffer.from(readFileSync(made.key, 'utf8').trim().replace('ed25519 0x', ''), 'hex');
  const account = /ed25519:(0x[0-9a-f]+)/.exec(made.member)?.[1] ?? assert.fail(made.member);
  made.put('alpha/operator.key', sealKeyFile({ scheme: 'ed25519', account, secret }, PASSPHRASE, CHEAP));
  return made;
}

for (const scheme of ['ed25519', 'sr25519']) {
  test(`${scheme}: the file holds no secret in hex, and joining needs no passphrase`, LIMIT, async () => {
    const { joinGroup, key, member } = await operator(scheme, ...ENCRYPT);
    assert.equal(statSync(key).mode & 0o777, 0o600);
    const { kind, scheme: named, account } = JSON.parse(readFileSync(key, 'utf8')) as Record<string, string>;
    assert.deepEqual([kind, named], ['watchbill-key-file', scheme]);
    assert.ok(member.includes(`${scheme}:${account}`));
    await joinGroup();
  });
}

test(
  'a member opens its key with a file or at the terminal, and with the right passphrase only',
  LIMIT,
  async (t) => {
    const node = await startFakeNode({ chain_getBlockHash: () => `0x${'77'.repeat(32)}` });
    t.after(() => node.close());
    const { joinGroup, run, put, change } = await encrypted();
    await joinGroup();
    change(/url: .*/, `url: ${node.webSocketUrl}`);
    change(/port: .*/, 'port: 8461\n  serve: false');
    change(/ {2}listen: .*\n/, '');
    // The node follows another chain: a member comes so far only with its key.
    const opened = async (ran: Ran): Promise<void> => {
      assert.equal(ran.code, 1, ran.stderr);
      assert.match(ran.stderr, /it follows the chain 0x7777/);
      assert.ok(!ran.all.includes(PASSPHRASE));
    };
    const refused = (ran: Ran, why: RegExp): void => {
      assert.equal(ran.code, 2, ran.stderr);
      assert.match(ran.stderr, why);
      assert.match(ran.stderr, /what to do: /);
      assert.ok(!ran.all.includes(PASSPHRASE));
    };

    refused(await run(), /is encrypted, and standard input is not a terminal[\s\S]*passphraseFile/);
    await opened(await run(PASSPHRASE));
    refused(await run('another phrase'), /the passphrase is wrong, or the key file was changed/);
    change('keyFile: operator.key', 'keyFile: operator.key\npassphraseFile: ../passphrase');
    await opened(await run());
    put('passphrase', 'another phrase\n');
    refused(await run(), /the passphrase is wrong, or the key file was changed/);
    put('passphrase', 'short\n');
    refused(await run(), /has fewer than 8 characters/);
  },
);

test(
  'a key of no member is refused before its passphrase is asked, and an altered file before it is opened',
  LIMIT,
  async () => {
    const { joinGroup, run, refused, key, change, cwd } = await encrypted();
    await joinGroup();
    const text = readFileSync(key, 'utf8');
    const other = await operator('ed25519');
    writeFileSync(join(cwd, 'alpha', 'other.key'), readFileSync(other.key), { mode: 0o600 });
    change('keyFile: operator.key', 'keyFile: other.key');
    const stranger = /the key ed25519:0x[0-9a-f]{64} is not a member of the group g/;
    await refused(2, stranger, 'run', ...CONFIG);
    change('keyFile: other.key', 'keyFile: operator.key');
    writeFileSync(key, text.replace('"kind"', '"Kind"'), { mode: 0o600 });
    const altered = await run(PASSPHRASE);
    assert.match(altered.stderr, /operator\.key: the key file is invalid/);
  },
);

test('a program signs in place of the key file', LIMIT, async (t) => {
  const node = await startFakeNode({ chain_getBlockHash: () => `0x${'77'.repeat(32)}` });
  t.after(() => node.close());
  const { joinGroup, run, refused, change, key, member } = await operator('ed25519');
  rmSync(key);
  const [, text = ''] = member.split(' ');
  const signer = (of: string): string => `signer: { key: "${of}", command: [/bin/false] }`;
  change('keyFile: operator.key', signer(text));
  change(/url: .*/, `url: ${node.webSocketUrl}`);
  await joinGroup();
  assert.match((await run()).stderr, /it follows the chain 0x7777/);
  change(signer(text), signer('ed25519:0x12'));
  const wrong = /: the value is not a public key[\s\S]*coordinate\.yaml:\d+/;
  await refused(2, wrong, 'run', ...CONFIG);
  change(signer('ed25519:0x12'), signer(`ed25519:0x${'12'.repeat(32)}`));
  assert.match((await run()).stderr, /is not a member of the group g/);
});

test('flags that make no encrypted key are refused', LIMIT, async () => {
  const { refused } = await operator('ed25519');
  const cases = [
    [['--passphrase-file', 'passphrase'], /a passphrase without --encrypt/],
    [['--encrypt', '--example', 'demo'], /the keys of an example are not encrypted/],
    [
      ['--encrypt', '--scheme', 'secp256k1', '--passphrase-file', 'passphrase'],
      /secp256k1 cannot be encrypted/,
    ],
    [['--encrypt'], /passphrase of the key file is missing/],
  ] as const;
  for (const [flags, why] of cases) await refused(2, why, 'init --dir other', ...flags);
});
