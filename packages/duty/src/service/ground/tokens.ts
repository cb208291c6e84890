import { hash as digestOf } from 'node:crypto';
import { PermitFault, type TokenCreated, type TokenRequest, type TokenView } from '../contract.ts';
import { nextChange } from './changes.ts';
import { type CoreContext, readTexts, transact } from './context.ts';
import { keys } from './keys.ts';
import { createMirror, type Mirror } from './mirror.ts';
import { compareOf, decodeRecord, encodeRecord, type RecordOf, toBytes } from './records.ts';

const SECRET_BYTES = 32;
const ID_DIGITS = 16;

interface Shell {
  readonly context: CoreContext;
  readonly mirror: Mirror<HeldToken>;
}

/**
 * Bearer secrets and base URLs of the original wire protocol. Only their SHA-256 is ever kept. Rejects with a
 * PermitFault if the operator's token is new and cannot be recorded.
 */
export async function createTokenBook(context: CoreContext) {
  const mirror = await createMirror<HeldToken>(context, { prefix: keys.tokens, decode: toHeld });
  const shell: Shell = { context, mirror };
  const { operatorSecret } = context.options;
  if (operatorSecret !== null && mirror.get(keys.token(hashOf(operatorSecret))) === undefined)
    await put(shell, operatorSecret, { role: 'operator', name: 'operator' }, 'the operator token file');
  return {
    identify(secret: string): TokenView | null {
      const held = mirror.get(keys.token(hashOf(secret)));
      return held === undefined || held.revoked ? null : held.view;
    },
    all: (): readonly TokenView[] =>
      [...mirror.entries()].filter(([, held]) => !held.revoked).map(([, held]) => held.view),
    create: (request: TokenRequest, by: string) => create(shell, request, by),
    revoke: (id: string, by: string) => revoke(shell, id, by),
    stop: (): void => mirror.stop(),
  };
}

async function put(shell: Shell, secret: string, request: TokenRequest, by: string): Promise<TokenView> {
  const { role, name, original = null } = request;
  const createdMs = shell.context.parts.clock.nowMs();
  const record = { role, name, original, createdMs, by, revoked: false };
  const { view } = await write(shell, keys.token(hashOf(secret)), record, by, 'the token was not recorded');
  return view;
}

/** How often a token is written again because another one changed at the same moment. */
const MAX_ATTEMPTS = 8;

/**
 * Writes a token with its change: decision 0093. One that is in the store already is only ever revoked.
 * Throws a PermitFault with `otherwise` unless the record is certainly in the store.
 */
async function write(
  { context, mirror }: Shell,
  key: string,
  token: Omit<RecordOf<'token'>, 'made'>,
  by: string,
  otherwise: string,
): Promise<HeldToken> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const [pointed = null, found = null] = await readTexts(context, [keys.tokenPointer, key]);
    const there = found === null ? null : decodeRecord('token', found);
    if (found !== null && (there?.revoked === true || !token.revoked)) return keep(mirror, key, found);
    const before = pointed === null ? null : decodeRecord('pointer', pointed);
    const made = there?.made ?? (before?.version ?? 0) + 1;
    const { role, name, original, revoked } = token;
    const what = {
      by,
      atMs: context.parts.clock.nowMs(),
      policy: null,
      token: { role, name, original, made, revoked },
    };
    const change = nextChange(before, what);
    const text = encodeRecord('token', { ...token, made });
    const compares = [compareOf(keys.tokenPointer, pointed)];
    const writes = [
      { key, value: toBytes(text) },
      { key: keys.tokenPointer, value: toBytes(change.pointerText) },
      { key: keys.tokenChange(change.pointer.versionId), value: toBytes(change.text) },
    ];
    const { outcome } = await transact(context, { compares, writes });
    if (outcome === 'applied') return keep(mirror, key, text);
    if (outcome !== 'conflict') break;
  }
  throw new PermitFault('store-unavailable', 503, otherwise, 'Ask again.');
}

function keep(mirror: Mirror<HeldToken>, key: string, text: string): HeldToken {
  const held = toHeld(key, text);
  mirror.set(key, held);
  return held;
}

async function create(shell: Shell, request: TokenRequest, by: string): Promise<TokenCreated> {
  const { random, log } = shell.context.parts;
  const secret = Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url');
  const token = await put(shell, secret, request, by);
  const fields = { event: 'token-created', tokenId: token.id, role: token.role, name: token.name, by };
  log.info(fields, 'a token was made');
  return { token, secret };
}

async function revoke(shell: Shell, id: string, by: string): Promise<void> {
  const found = [...shell.mirror.entries()].find(([, held]) => held.view.id === id && !held.revoked);
  if (found === undefined) {
    const remedy = 'List them with `watchbill token list`.';
    throw new PermitFault('token-unknown', 404, `there is no token ${id}`, remedy);
  }
  const [key, { record }] = found;
  // The record stays: a token file that still holds a revoked secret must not make it valid again.
  const revoked = { ...record, revoked: true };
  await write(shell, key, revoked, by, 'it is not certain that the token was revoked');
  shell.context.parts.log.info({ event: 'token-revoked', tokenId: id, by }, 'a token was revoked');
}

function hashOf(secret: string): string {
  return digestOf('sha256', secret);
}

type HeldToken = ReturnType<typeof toHeld>;

function toHeld(key: string, text: string) {
  const record = decodeRecord('token', text);
  const id = key.slice(keys.tokens.length, keys.tokens.length + ID_DIGITS);
  const { role, name, original, createdMs, revoked } = record;
  const view: TokenView = { id, role, name, original, createdMs };
  return { view, record, revoked };
}
