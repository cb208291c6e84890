import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import { tokenVerifier } from './tokens.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const PEM = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const SETTINGS = {
  algorithm: 'EdDSA',
  keyFile: '',
  issuer: 'us',
  audience: 'rpc',
  tierClaim: 'tier',
} as const;
const NOW_MS = 1_800_000_000_000;

async function token(
  claims: Record<string, unknown> = {},
  key = privateKey,
  algorithm = 'EdDSA',
): Promise<string> {
  const all = { iss: 'us', aud: 'rpc', sub: 'somebody', tier: 'all', exp: NOW_MS / 1_000 + 60, ...claims };
  return new SignJWT(all).setProtectedHeader({ alg: algorithm }).sign(key);
}

test('a token of ours names its caller, until it ends', async () => {
  let now = NOW_MS;
  const verify = await tokenVerifier(SETTINGS, PEM, ['all'], () => now);
  const given = await token();
  assert.deepEqual(await verify(given), {
    id: 'token:somebody',
    tier: 'all',
    untilMs: NOW_MS + 60_000,
    keyHash: null,
  });
  now += 30_000;
  assert.ok((await verify(given)) !== null);
  now += 30_001;
  assert.equal(await verify(given), null);
});

test('tokens of other issuers, for others, without an end, of no tier or signed otherwise are refused', async () => {
  const verify = await tokenVerifier(SETTINGS, PEM, ['all'], () => NOW_MS);
  const other = generateKeyPairSync('ed25519').privateKey;
  const bad = [
    await token({}, other),
    await token({ iss: 'them' }),
    await token({ aud: 'other' }),
    await token({ tier: 'none' }),
    await token({ tier: undefined }),
    await token({ exp: undefined }),
    await token({ sub: undefined }),
    await token({ exp: NOW_MS / 1_000 - 1 }),
    await token({ sub: 'x'.repeat(200) }),
    `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await token()).split('.')[1]}.`,
    'a.b.c',
  ];
  for (const [at, one] of bad.entries()) assert.equal(await verify(one), null, String(at));
});

test('the public key is not taken for a shared secret', async () => {
  const verify = await tokenVerifier(SETTINGS, PEM, ['all'], () => NOW_MS);
  const forged = await new SignJWT({ iss: 'us', aud: 'rpc', sub: 'x', tier: 'all', exp: NOW_MS / 1_000 + 60 })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.from(PEM));
  assert.equal(await verify(forged), null);
});

test('a key that does not fit is refused with what to do', async () => {
  await assert.rejects(
    tokenVerifier(SETTINGS, 'nonsense', ['all'], () => NOW_MS),
    /not a public key for EdDSA/,
  );
  await assert.rejects(
    tokenVerifier({ ...SETTINGS, algorithm: 'HS256' }, 'short', ['all'], () => NOW_MS),
    /has 5 bytes/,
  );
});
