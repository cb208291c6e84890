// A request of a folder signer: drawn, signed by the account, and answered.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesOfHex } from '@watchbill/chain';
import { keyFromSecret } from '@watchbill/chain/keys';
import { digestOf } from '@watchbill/kit';
import { temporaryFolder } from '@watchbill/kit/testing';
import { offlineSigner, type SigningRequest } from '../../transactions/index.ts';
import { requestBy } from '../../transactions/signers/testing/request.ts';
import { runFake } from '../testing/run-nominate.ts';

const KEY = keyFromSecret('sr25519', new Uint8Array(32).fill(7));
const ACCOUNT = `0x${Buffer.from(KEY.publicKey).toString('hex')}`;

function requestOf(callBytes: number): SigningRequest {
  const call = `0x${'05'.repeat(callBytes)}`;
  const payload = `${call}d5010c00`;
  const { id: _none, ...rest } = requestBy(ACCOUNT, { call, payload, message: payload });
  return { id: digestOf(rest), ...rest };
}

test('a request is drawn, and only a signature of its account over it is stored', async (context) => {
  const cwd = temporaryFolder(context);
  const folder = join(cwd, 'payloads');
  const setting = { account: ACCOUNT, scheme: 'sr25519', folder, ss58Prefix: 0, nameOf: () => null } as const;
  const signer = offlineSigner(setting);
  const sign = (request: SigningRequest) => signer.sign(request, AbortSignal.timeout(60_000));
  const tx = (...args: readonly string[]) => runFake(['nominate', 'tx', ...args], { cwd });
  const [short, long, huge] = [requestOf(100), requestOf(1_500), requestOf(20_000)];
  for (const request of [short, long, huge]) assert.equal((await sign(request)).result, 'waiting');
  const pictures = readdirSync(folder).filter((name) => name.endsWith('.png'));
  assert.deepEqual(
    pictures.toSorted(),
    [`${short.id}.qr-1-of-1.png`, `${long.id}.qr-1-of-2.png`, `${long.id}.qr-2-of-2.png`].toSorted(),
  );
  const fileOf = ({ id }: SigningRequest) => join('payloads', `${id}.request.json`);

  const drawn = await tx('qr', fileOf(short));
  assert.equal(drawn.code, 0, drawn.all);
  assert.match(drawn.stdout, /█/);
  assert.doesNotMatch(drawn.stdout, /frame/);
  const both = await tx('qr', fileOf(long));
  assert.match(both.stdout, /frame 1 of 2[\s\S]*frame 2 of 2/);
  const second = await tx('qr', fileOf(long), '--frame', '2');
  assert.doesNotMatch(second.stdout, /frame 1 of 2/);
  assert.equal((await tx('qr', fileOf(short), '--frame', '2')).code, 2);
  const over = await tx('qr', fileOf(huge));
  assert.equal(over.code, 3, over.all);
  assert.match(over.stderr, /the request has 20075 bytes; QR codes hold at most 16384 \(16 frames\)/);

  const answer = join(folder, `${short.id}.answer.json`);
  const right = Buffer.from(KEY.sign(bytesOfHex(short.message, 'the message'))).toString('hex');
  for (const wrong of [`00${right}`, `01${right.slice(2)}ff`, '0x00', right.replaceAll('a', 'b')]) {
    const refused = await tx('answer', fileOf(short), '--signature', wrong);
    assert.equal(refused.code, 3, refused.all);
    assert.match(refused.stderr, /wrong-signature|no sr25519 signature/);
    assert.ok(!readdirSync(folder).includes(`${short.id}.answer.json`));
  }
  assert.equal((await tx('answer', fileOf(short))).code, 2);
  assert.equal((await tx('answer', fileOf(short), '--signature', `01${right}`)).code, 0);
  assert.deepEqual(JSON.parse(readFileSync(answer, 'utf8')), { id: short.id, signature: `0x${right}` });
  assert.deepEqual(await sign(short), { result: 'signature', signature: `0x${right}` });
  assert.equal((await tx('answer', fileOf(long), '--refuse', 'wrong targets')).code, 0);
  assert.deepEqual(await sign(long), { result: 'refused', why: 'wrong targets' });

  const file = join(cwd, fileOf(huge));
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace('"nonce": 3,\n    "birth"', '"nonce": 4,\n    "birth"'),
  );
  const changed = await tx('qr', fileOf(huge));
  assert.match(changed.stderr, /or it was changed/);
});
