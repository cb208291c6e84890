import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import {
  chmodSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { KeyFault, openKeyFile, readPassphrase, sealKeyFile } from '@watchbill/chain/keys';
import { temporaryFolder } from '@watchbill/kit/testing';
import { externalSigner } from './external.ts';
import { type KeyMaker, keyFileSigner } from './key-signer.ts';
import { offlineSigner } from './offline.ts';
import { readQrPng } from './testing/read-qr.ts';
import { requestBy } from './testing/request.ts';
import { vaultFrames } from './vault.ts';

const FOLDER = temporaryFolder();

const CHEAP = { n: 1_024, r: 8, p: 1 };
const PASSPHRASE = 'correct horse battery';
const SECRET = Uint8Array.from(randomBytes(32));
const DER = Buffer.from('302e020100300506032b657004220420', 'hex');
const SIGNAL = new AbortController().signal;

const ed25519: KeyMaker = (_scheme, secret) => {
  const privateKey = createPrivateKey({ key: Buffer.concat([DER, secret]), format: 'der', type: 'pkcs8' });
  const raw = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
  return {
    account: `0x${raw.toString('hex')}`,
    sign: (message) => Uint8Array.from(sign(null, message, privateKey)),
  };
};
const ACCOUNT = ed25519('ed25519', SECRET).account;
const sealed = () => sealKeyFile({ scheme: 'ed25519', account: ACCOUNT, secret: SECRET }, PASSPHRASE, CHEAP);

function put(name: string, text: string, mode = 0o600): string {
  const path = join(FOLDER, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const REQUEST = requestBy(ACCOUNT, { asked: { call: 'nominate', targets: [`0x${'11'.repeat(32)}`] } });

describe('defect 17: no secret is stored in plain text', () => {
  test('a key file gives its secret for the passphrase, and holds neither', () => {
    const text = sealed();
    assert.deepEqual(openKeyFile(text, PASSPHRASE).secret, SECRET);
    assert.ok(!text.includes(Buffer.from(SECRET).toString('hex')));
    assert.ok(!text.includes(PASSPHRASE));
    assert.notEqual(sealed(), text);
  });

  test('a wrong passphrase, another account, another cost, a changed byte: refused without details', () => {
    const text = sealed();
    const head = JSON.parse(text) as { account: string; kdf: { p: number }; secret: string };
    const altered = [
      JSON.stringify({ ...head, account: `0x${'00'.repeat(32)}` }),
      JSON.stringify({ ...head, kdf: { ...head.kdf, p: 2 } }),
      JSON.stringify({
        ...head,
        secret: `${head.secret.startsWith('0') ? '1' : '0'}${head.secret.slice(1)}`,
      }),
      JSON.stringify({ ...head, more: 1 }),
      text.slice(1),
    ];
    const refusals = [...altered.map((file) => [file, PASSPHRASE]), [text, 'another phrase']] as const;
    for (const [file = '', passphrase = ''] of refusals)
      assert.throws(
        () => openKeyFile(file, passphrase),
        (error) =>
          error instanceof KeyFault &&
          error.code === 'key-refused' &&
          !`${error.message} ${error.remedy}`.includes(passphrase) &&
          !error.message.includes(Buffer.from(SECRET).toString('hex')),
      );
  });

  test('a file that asks for more memory than a machine has is refused before any is taken', () => {
    const head = JSON.parse(sealed()) as { kdf: object };
    const greedy = JSON.stringify({ ...head, kdf: { ...head.kdf, n: 2 ** 20, r: 64 } });
    assert.throws(() => openKeyFile(greedy, PASSPHRASE), /asks for too much memory/);
  });

  test('the passphrase comes from a file or a descriptor that others cannot read', () => {
    assert.equal(readPassphrase({ file: put('good', `${PASSPHRASE}\r\nmore`) }), PASSPHRASE);
    assert.equal(readPassphrase({ fd: openSync(put('fd', `${PASSPHRASE}\n`), 'r') }), PASSPHRASE);
    for (const file of [put('open', PASSPHRASE, 0o644), put('short', 'abc\n'), join(FOLDER, 'none')])
      assert.throws(() => readPassphrase({ file }), { code: 'key-refused' });
  });

  test('it signs with the key of the file, and not with a key of another account', async () => {
    const passphrase = { file: put('passphrase', PASSPHRASE) };
    const signer = keyFileSigner(put('key.json', sealed()), passphrase, ed25519);
    const answer = await signer.sign(REQUEST, SIGNAL);
    assert.ok(answer.result === 'signature');
    const spki = Buffer.concat([
      Buffer.from('302a300506032b6570032100', 'hex'),
      Buffer.from(ACCOUNT.slice(2), 'hex'),
    ]);
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    assert.ok(
      verify(null, Buffer.from('0102', 'hex'), publicKey, Buffer.from(answer.signature.slice(2), 'hex')),
    );
    const stranger: KeyMaker = (scheme, secret) => ({
      ...ed25519(scheme, secret),
      account: `0x${'00'.repeat(32)}`,
    });
    assert.throws(() => keyFileSigner(put('key2.json', sealed()), passphrase, stranger), {
      code: 'key-refused',
    });
    const openFile = put('key3.json', sealed(), 0o640);
    assert.throws(() => keyFileSigner(openFile, passphrase, ed25519), { code: 'key-refused' });
  });
});

describe('a signing program', () => {
  const external = (script: string, timeoutMs = 20_000) =>
    externalSigner({
      account: ACCOUNT,
      scheme: 'ed25519',
      command: process.execPath,
      args: ['-e', script],
      env: {},
      timeoutMs,
    });
  const reply = (body: string) =>
    `let t='';process.stdin.on('data',d=>{t+=d}).on('end',()=>{const r=JSON.parse(t);process.stdout.write(JSON.stringify(${body}))})`;

  test('gets the request on its input and answers on its output', async () => {
    const answer = await external(reply("{id:r.id,signature:'0x'+r.message.slice(2)}")).sign(REQUEST, SIGNAL);
    assert.deepEqual(answer, { result: 'signature', signature: '0x0102' });
    const refusal = await external(reply("{id:r.id,refused:'not '+r.asked.call}")).sign(REQUEST, SIGNAL);
    assert.deepEqual(refusal, { result: 'refused', why: 'not nominate' });
  });

  test('gets no environment, and no argument of ours', async () => {
    process.env.WATCHBILL_TEST_SECRET = 'secret';
    const script = reply('{id:r.id,refused:String(process.env.WATCHBILL_TEST_SECRET)+process.argv.length}');
    const answer = await external(script).sign(REQUEST, SIGNAL);
    delete process.env.WATCHBILL_TEST_SECRET;
    assert.deepEqual(answer, { result: 'refused', why: 'undefined1' });
  });

  test('that hangs, fails, talks too much or answers another request is unavailable', async () => {
    const scripts = [
      'setInterval(()=>{},1000)',
      'process.exit(3)',
      reply("{id:r.id,signature:'0x'+r.message.slice(2)}").replace('))})', ")+' '.repeat(100000))})"),
      reply("{id:'other',signature:'0x'}"),
      "process.stdout.write('no json')",
    ];
    for (const [index, script] of scripts.entries()) {
      const answer = await external(script, index === 0 ? 50 : 20_000).sign(REQUEST, SIGNAL);
      assert.equal(answer.result, 'unavailable', script);
    }
    const missing = externalSigner({
      ...{ account: ACCOUNT, scheme: 'ed25519', args: [], env: {}, timeoutMs: 1_000 },
      command: join(FOLDER, 'no-program'),
    });
    assert.equal((await missing.sign(REQUEST, SIGNAL)).result, 'unavailable');
  });
});

describe('a person with files', () => {
  const folder = join(FOLDER, 'offline');
  const nameOf = (key: string) => (key.startsWith('0x11') ? 'node one' : null);
  const signer = offlineSigner({ account: ACCOUNT, scheme: 'ed25519', folder, ss58Prefix: 0, nameOf });
  const answerFile = join(folder, `${REQUEST.id}.answer.json`);

  test('gets everything that there is to check, once', async () => {
    assert.equal((await signer.sign(REQUEST, SIGNAL)).result, 'waiting');
    const requestFile = join(folder, `${REQUEST.id}.request.json`);
    const before = statSync(requestFile).ino;
    assert.equal((await signer.sign(REQUEST, SIGNAL)).result, 'waiting');
    assert.equal(statSync(requestFile).ino, before, 'it was written anew');
    const picture = `${REQUEST.id}.qr-1-of-1.png`;
    assert.deepEqual(readdirSync(folder), [picture, `${REQUEST.id}.request.json`]);
    const frames = vaultFrames(REQUEST, 'ed25519');
    assert.ok(frames.ok && frames.frames[0] !== undefined);
    assert.deepEqual(Buffer.from(readQrPng(readFileSync(join(folder, picture)))), frames.frames[0]);
    const { check, request } = JSON.parse(readFileSync(join(folder, `${REQUEST.id}.request.json`), 'utf8'));
    assert.equal(check.targets[0].name, 'node one');
    assert.match(check.targets[0].address, /^1[1-9A-HJ-NP-Za-km-z]{46}/);
    assert.equal(check.validBeforeBlock, '164');
    assert.deepEqual(request, { ...REQUEST });
  });

  test('gives a signature or a refusal for this request alone', async () => {
    writeFileSync(answerFile, JSON.stringify({ id: 'other', signature: '0x00' }));
    assert.equal((await signer.sign(REQUEST, SIGNAL)).result, 'unavailable');
    writeFileSync(answerFile, 'x'.repeat(100_000));
    assert.equal((await signer.sign(REQUEST, SIGNAL)).result, 'unavailable');
    writeFileSync(answerFile, JSON.stringify({ id: REQUEST.id, refused: 'no' }));
    assert.deepEqual(await signer.sign(REQUEST, SIGNAL), { result: 'refused', why: 'no' });
    writeFileSync(answerFile, JSON.stringify({ id: REQUEST.id, signature: '0x00' }));
    assert.deepEqual(await signer.sign(REQUEST, SIGNAL), { result: 'signature', signature: '0x00' });
    const signature = 'c3'.repeat(64);
    writeFileSync(answerFile, JSON.stringify({ id: REQUEST.id, signature: `00${signature}` }));
    assert.deepEqual(await signer.sign(REQUEST, SIGNAL), {
      result: 'signature',
      signature: `0x${signature}`,
    });
    rmSync(answerFile);
    symlinkSync(join(FOLDER, 'good'), answerFile);
    await assert.rejects(signer.sign(REQUEST, SIGNAL), { code: 'ELOOP' });
  });
});
