import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, test } from 'node:test';
import { sealKeyFile } from '@watchbill/chain/keys';
import { temporaryFolder } from '@watchbill/kit/testing';
import { runFake } from '../testing/run-nominate.ts';

const ROOT = temporaryFolder();

const PHRASE = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk';
/** `PHRASE//Alice`. */
const ALICE = '0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d';
const PASSPHRASE = 'a good passphrase';
/** `PHRASE//watchbill`, exported by `@polkadot/keyring` with the password "correct horse". */
const EXPORTED = {
  encoded:
    'tZwxOPSomDuTS47gXrnvvoerqwm3u+6Aizfsoem2kvYAAAIAAQAAAAgAAAAqhJivHA/sr7fyMIzBJ4q3k4HgsaSIva7H8mo53rzEUXAFiH6YLgMElmqFCh6sBisezOnV/v6b+jU74tuKn/BSyyqFZPPUW2Ocjr6NysCg8YBl74JH/1KBPNqSiYdGPzsALDr33LaZgM9oTaTWfgWBEUq+0GOpQqxQvDOVxzBeLL91x6OXWkGb/Y1hhHRGez0lSV0YfFUPP1RZAwLT',
  encoding: { content: ['pkcs8', 'sr25519'], type: ['scrypt', 'xsalsa20-poly1305'], version: '3' },
  address: '5ELX5gB6XtTPk5QxMGSWd2ZqbyrW3pxmsjUUtsrwELPTiqTe',
  meta: { name: 'west' },
};

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(ROOT, 'case-'));
  writeFileSync(join(cwd, 'passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
});

const run = (answers: readonly string[] | null, ...args: readonly string[]) =>
  runFake(['nominate', 'key', ...args], { cwd, ...(answers === null ? {} : { answers }) });
const BY_FILE = ['--passphrase-file', 'passphrase'];

describe('watchbill nominate key', () => {
  test('create: an encrypted file for its owner alone; its words import as the same account', async () => {
    const made = await run(
      null,
      'create',
      '--out',
      'west.json',
      ...BY_FILE,
      '--words-out',
      'words',
      '--json',
    );
    assert.equal(made.code, 0, made.all);
    const { account, addresses } = JSON.parse(made.stdout);
    assert.match(account, /^0x[0-9a-f]{64}$/);
    assert.equal(statSync(join(cwd, 'west.json')).mode & 0o777, 0o600);
    assert.equal(statSync(join(cwd, 'words')).mode & 0o777, 0o600);
    const words = readFileSync(join(cwd, 'words'), 'utf8').trim();
    assert.equal(words.split(' ').length, 24);
    assert.ok(!made.all.includes(words.slice(0, 20)), 'the words are in the file only');
    const again = await run(
      null,
      'import',
      '--out',
      'b.json',
      '--secret-file',
      'words',
      ...BY_FILE,
      '--json',
    );
    assert.equal(JSON.parse(again.stdout).account, account);
    const shown = await run(null, 'show', 'west.json', '--check', ...BY_FILE, '--json');
    const { checked, ...rest } = JSON.parse(shown.stdout);
    assert.deepEqual([checked, rest.account, rest.addresses], [true, account, addresses]);
  });

  test('create asks a person twice, and writes no file if the answers differ or are too short', async () => {
    const good = await run([PASSPHRASE, PASSPHRASE], 'create', '--out', 'west.json');
    assert.equal(good.code, 0, good.all);
    assert.match(good.stdout, /keyFile: west\.json/);
    for (const answers of [
      [PASSPHRASE, 'another one'],
      ['short', 'short'],
    ])
      assert.equal((await run(answers, 'create', '--out', 'east.json')).code, 2);
    const silent = await run(null, 'create', '--out', 'east.json');
    assert.match(silent.stderr, /--passphrase-file/);
    assert.deepEqual(readdirSync(cwd).sort(), ['passphrase', 'west.json']);
  });

  test('create never replaces a file', async () => {
    writeFileSync(join(cwd, 'west.json'), 'mine');
    const again = await run(null, 'create', '--out', 'west.json', ...BY_FILE, '--words-out', 'words');
    assert.notEqual(again.code, 0);
    assert.equal(readFileSync(join(cwd, 'west.json'), 'utf8'), 'mine');
    assert.ok(!readdirSync(cwd).includes('words'), 'no words of a key that was not kept');
  });

  test('import takes a mnemonic with a path, a seed, and an account of Polkadot-JS', async () => {
    const path = await run(
      [`${PHRASE}//Alice`, PASSPHRASE, PASSPHRASE],
      'import',
      '--out',
      'a.json',
      '--json',
    );
    assert.equal(JSON.parse(path.stdout).account, ALICE, path.all);
    const seed = `0x${'07'.repeat(32)}`;
    const plain = await run(
      [seed, PASSPHRASE, PASSPHRASE],
      'import',
      '--out',
      's.json',
      '--scheme',
      'ed25519',
    );
    assert.match(plain.stdout, /scheme +ed25519/);
    writeFileSync(join(cwd, 'account.json'), JSON.stringify(EXPORTED));
    const from = ['import', '--polkadot-js', 'account.json', '--out', 'p.json', ...BY_FILE, '--json'];
    const polkadot = await run(['correct horse'], ...from);
    assert.equal(JSON.parse(polkadot.stdout).addresses.generic, EXPORTED.address);
  });

  test('refusals show no part of a secret, and leave no file', async () => {
    const wrong = await run([`${PHRASE} extra//Alice`], 'import', '--out', 'a.json', ...BY_FILE);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /got 13/);
    assert.ok(!/bottom|lonely|extra/.test(wrong.all));
    writeFileSync(join(cwd, 'account.json'), JSON.stringify(EXPORTED));
    const password = await run(
      ['horse battery'],
      ...['import', '--polkadot-js', 'account.json', '--out', 'p.json', ...BY_FILE],
    );
    assert.equal(password.code, 2);
    assert.ok(!password.all.includes('battery'));
    writeFileSync(join(cwd, 'open'), PASSPHRASE, { mode: 0o644 });
    const open = await run(null, 'create', '--out', 'o.json', '--passphrase-file', 'open');
    assert.match(open.stderr, /can be read by others/);
    assert.deepEqual(readdirSync(cwd).sort(), ['account.json', 'open', 'passphrase']);
  });

  test('show --check says whether the passphrase is right', async () => {
    const secret = { scheme: 'ed25519', account: ALICE, secret: new Uint8Array(32) } as const;
    writeFileSync(join(cwd, 'west.json'), sealKeyFile(secret, PASSPHRASE, { n: 2 ** 10, r: 8, p: 1 }));
    const right = await run(null, 'show', 'west.json', '--check', ...BY_FILE);
    assert.match(right.stdout, /the passphrase is right/);
    assert.ok(right.stdout.includes(ALICE));
    const wrong = await run(['another passphrase'], 'show', 'west.json', '--check');
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /the passphrase is wrong/);
    assert.equal((await run(null, 'show', 'west.json')).code, 0, 'the account needs no passphrase');
  });
});
