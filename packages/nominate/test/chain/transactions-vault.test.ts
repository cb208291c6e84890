// Polkadot Vault, of nominate-local.md, on a real runtime: the pictures are read as it reads them, and the
// signed nomination is included.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { blake2Hash } from '@watchbill/chain/extrinsics';
import { readQrPng } from '@watchbill/nominate/testing';
import { offlineSigner } from '@watchbill/nominate/transactions';
import { chainOf } from '@watchbill/testkit/chopsticks';
import { COMMAND } from '@watchbill/testkit/command';
import { pageText } from '@watchbill/testkit/pages/page-run';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { VALIDATORS } from './accounts.ts';
import { landings } from './landings.ts';
import { folder, intentFor, makeNominator, programme } from './programme.ts';
import { nominatedBy } from './truth.ts';

const NAME = 'docs/nominate/how-to/nominate-local.md#with-polkadot-vault';
const PAGE = pageText(NAME);

/** The content of the frames in the pictures of a request, in any order. */
function scan(dir: string, id: string): Buffer {
  const names = readdirSync(dir).filter((name) => name.startsWith(`${id}.qr-`));
  const parts = names.map((name) => Buffer.from(readQrPng(readFileSync(join(dir, name)))));
  for (const part of parts) assert.deepEqual([part[0], part.readUInt16BE(1)], [0, names.length]);
  parts.sort((a, b) => a.readUInt16BE(3) - b.readUInt16BE(3));
  return Buffer.concat(parts.map((part) => part.subarray(5)));
}

/** The bytes that Vault signs: the call without its length, and the rest up to the genesis. */
function messageIn(content: Buffer, account: string): Buffer {
  assert.equal(content.subarray(0, 3).toString('hex'), '530102');
  assert.equal(`0x${content.subarray(3, 35).toString('hex')}`, account);
  const first = content[35] ?? 0;
  const lengthBytes = [1, 2, 4][first & 3] ?? assert.fail('a call is shorter than 2^30 bytes');
  const callLength = content.readUIntLE(35, lengthBytes) >> 2;
  const message = content.subarray(35 + lengthBytes, -32);
  assert.ok(message.length > callLength);
  return message.length > 256 ? Buffer.from(blake2Hash(message).slice(2), 'hex') : message;
}

test('a nomination is signed from its QR code and included', async (context) => {
  const chain = await chainOf(context, 'asset-hub-2026');
  const nominator = await makeNominator(chain, 'vault', null);
  const dir = join(folder(context), 'payloads');
  const { key, signer: account } = nominator.signer;
  const setting = {
    account: key,
    scheme: 'sr25519',
    folder: dir,
    ss58Prefix: 42,
    nameOf: () => null,
  } as const;
  const { admit, state, turn, until } = await programme(context, chain, {
    signers: [],
    others: [offlineSigner(setting)],
  });
  const intent = await intentFor(chain, nominator);
  await admit(intent);
  await turn();
  const [id] = /^[0-9a-f]{64}/.exec(readdirSync(dir).join()) ?? assert.fail('there is no request');
  assert.match((await state(intent)).waiting ?? '', /answer\.json/);

  const content = scan(dir, id);
  const signature = Buffer.from(await account.sign(messageIn(content, key))).toString('hex');
  const [picture = ''] = /^ +watchbill nominate tx qr .*$/m.exec(PAGE) ?? [];
  const answer =
    /^ +watchbill (nominate tx answer .*)$/m.exec(PAGE)?.[1] ?? assert.fail('the page has no answer');
  const run = (line: string) =>
    spawnSync(process.execPath, [COMMAND, ...line.split(' ')], {
      cwd: dirname(dir),
      encoding: 'utf8',
      timeout: 120_000,
    });
  const line = answer.replace('ID', id);
  const shown = run(picture.trim().replace('watchbill ', '').replace('ID', id));
  assert.equal(shown.status, 0, shown.stderr);
  assert.match(shown.stdout, /█/);
  const wrong = run(line.replace('HEX', `01${signature.slice(0, -2)}00`));
  assert.equal(wrong.status, 3, wrong.stderr);
  const right = run(line.replace('HEX', `01${signature}`));
  assert.equal(right.status, 0, right.stderr);

  const ended = await until(intent, 10);
  assert.equal(ended.ending?.reason, 'verified', JSON.stringify(ended.ending ?? ended.waiting));
  assert.deepEqual(await landings(chain, nominator.signer), ['Staking.bond ok', 'Staking.nominate ok']);
  assert.deepEqual((await nominatedBy(chain, nominator.stash.key))?.toSorted(), VALIDATORS.toSorted());
  stamp(NAME, `Node ${process.versions.node}`);
});
