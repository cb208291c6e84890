import { hash as digestOf } from 'node:crypto';
import { PermitFault, type TokenCreated, type TokenRequest, type TokenView } from '../contract.ts';
import type { CoreContext } from './context.ts';
import { keys } from './keys.ts';
import { createMirror, type Mirror } from './mirror.ts';
import { decodeRecord, encodeRecord, type RecordOf, toBytes } from './records.ts';

/** Bearer secrets and base URLs of the original wire protocol. Only their SHA-256 is ever kept. */
export interface TokenBook {
  identify(secret: string): TokenView | null;
  create(request: TokenRequest, by: string): Promise<TokenCreated>;
  revoke(id: string, by: string): Promise<void>;
  all(): readonly TokenView[];
  stop(): void;
}

const SECRET_BYTES = 32;
const ID_DIGITS = 16;
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

interface Shell {
  readonly context: CoreContext;
  readonly mirror: Mirror<HeldToken>;
}

/** Rejects with a PermitFault if the operator's token is new and cannot be recorded. */
export async function createTokenBook(context: CoreContext): Promise<TokenBook> {
  const mirror = await createMirror<HeldToken>(context, { prefix: keys.tokens, decode: toHeld });
  const shell: Shell = { context, mirror };
  const { operatorSecret } = context.options;
  if (operatorSecret !== null && mirror.get(keys.token(hashOf(operatorSecret))) === undefined)
    await put(shell, operatorSecret, { role: 'operator', name: 'operator' }, 'the operator token file');
  return {
    identify(secret) {
      const held = mirror.get(keys.token(hashOf(secret)));
      return held === undefined || held.revoked ? null : held.view;
    },
    all: () => [...mirror.entries()].filter(([, held]) => !held.revoked).map(([, held]) => held.view),
    create: (request, by) => create(shell, request, by),
    revoke: (id, by) => revoke(shell, id, by),
    stop: () => mirror.stop(),
  };
}

async function put(shell: Shell, secret: string, request: TokenRequest, by: string): Promise<TokenView> {
  const record = {
    role: request.role,
    name: request.name,
    original: request.original ?? null,
    createdMs: shell.context.parts.clock.nowMs(),
    by,
    revoked: false,
  };
  const { view } = await write(shell, keys.token(hashOf(secret)), record, 'the token was not recorded');
  return view;
}

/** Throws a PermitFault with `otherwise` unless the record is certainly in the store. */
async function write(
  { context, mirror }: Shell,
  key: string,
  record: RecordOf<'token'>,
  otherwise: string,
): Promise<HeldToken> {
  const text = encodeRecord('token', record);
  const [result] = await context.parts.store.transact(
    [{ compares: [], writes: [{ key, value: toBytes(text) }] }],
    { timeoutMs: context.options.storeTimeoutMs },
  );
  if (result?.outcome !== 'applied') throw new PermitFault('store-unavailable', 503, otherwise, 'Ask again.');
  const held = toHeld(key, text);
  mirror.set(key, held);
  return held;
}

function checkRequest({ name, role, original }: TokenRequest): void {
  if (!NAME.test(name)) {
    const remedy = 'Use lower-case letters, digits, dot, dash, underscore; at most 63.';
    throw new PermitFault('malformed', 400, `${JSON.stringify(name)} is not a name`, remedy);
  }
  if (original !== undefined && role !== 'node') {
    const message = 'only a node has a base URL of the original wire protocol';
    throw new PermitFault('malformed', 400, message, 'Ask for the role node.');
  }
}

async function create(shell: Shell, request: TokenRequest, by: string): Promise<TokenCreated> {
  checkRequest(request);
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
  await write(shell, key, revoked, 'it is not certain that the token was revoked');
  shell.context.parts.log.info({ event: 'token-revoked', tokenId: id, by }, 'a token was revoked');
}

function hashOf(secret: string): string {
  return digestOf('sha256', secret);
}

interface HeldToken {
  readonly view: TokenView;
  readonly record: RecordOf<'token'>;
  readonly revoked: boolean;
}

function toHeld(key: string, text: string): HeldToken {
  const record = decodeRecord('token', text);
  const id = key.slice(keys.tokens.length, keys.tokens.length + ID_DIGITS);
  const { role, name, original, createdMs, revoked } = record;
  return { view: { id, role, name, original, createdMs }, record, revoked };
}
