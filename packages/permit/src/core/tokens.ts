import { createHash } from 'node:crypto';
import { PermitFault, type TokenCreated, type TokenRequest, type TokenView } from '../contract.ts';
import type { CoreContext } from './context.ts';
import { keys } from './keys.ts';
import { createMirror } from './mirror.ts';
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

export async function createTokenBook(context: CoreContext): Promise<TokenBook> {
  const { store, clock, random, log } = context.parts;
  const timeoutMs = context.options.storeTimeoutMs;
  const mirror = await createMirror<HeldToken>(context, { prefix: keys.tokens, decode: toHeld });

  async function put(secret: string, request: TokenRequest, by: string): Promise<TokenView> {
    const hash = hashOf(secret);
    const record = {
      role: request.role,
      name: request.name,
      original: request.original ?? null,
      createdMs: clock.nowMs(),
      by,
      revoked: false,
    };
    const text = encodeRecord('token', record);
    const [result] = await store.transact(
      [{ compares: [], writes: [{ key: keys.token(hash), value: toBytes(text) }] }],
      { timeoutMs },
    );
    if (result?.outcome !== 'applied') {
      throw new PermitFault('store-unavailable', 503, 'the token was not recorded', 'Ask again.');
    }
    const held = toHeld(keys.token(hash), text);
    mirror.set(keys.token(hash), held);
    return held.view;
  }

  const { operatorSecret } = context.options;
  if (operatorSecret !== null && mirror.get(keys.token(hashOf(operatorSecret))) === undefined) {
    await put(operatorSecret, { role: 'operator', name: 'operator' }, 'the operator token file');
  }

  return {
    identify(secret) {
      const held = mirror.get(keys.token(hashOf(secret)));
      return held === undefined || held.revoked ? null : held.view;
    },
    all: () => [...mirror.entries()].filter(([, held]) => !held.revoked).map(([, held]) => held.view),
    async create(request, by) {
      if (!NAME.test(request.name)) {
        const message = `${JSON.stringify(request.name)} is not a name`;
        throw new PermitFault(
          'malformed',
          400,
          message,
          'Use lower-case letters, digits, dot, dash, underscore; at most 63.',
        );
      }
      if (request.original !== undefined && request.role !== 'node') {
        const message = 'only a node has a base URL of the original wire protocol';
        throw new PermitFault('malformed', 400, message, 'Ask for the role node.');
      }
      const secret = Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url');
      const token = await put(secret, request, by);
      log.info(
        { event: 'token-created', tokenId: token.id, role: token.role, name: token.name, by },
        'a token was made',
      );
      return { token, secret };
    },
    async revoke(id, by) {
      const found = [...mirror.entries()].find(([, held]) => held.view.id === id && !held.revoked);
      if (found === undefined) {
        throw new PermitFault(
          'token-unknown',
          404,
          `there is no token ${id}`,
          'List them with `watchbill token list`.',
        );
      }
      const [recordKey, held] = found;
      // The record stays: a token file that still holds a revoked secret must not make it valid again.
      const text = encodeRecord('token', { ...held.record, revoked: true });
      const [result] = await store.transact(
        [{ compares: [], writes: [{ key: recordKey, value: toBytes(text) }] }],
        { timeoutMs },
      );
      if (result?.outcome !== 'applied') {
        throw new PermitFault(
          'store-unavailable',
          503,
          'it is not certain that the token was revoked',
          'Ask again.',
        );
      }
      mirror.set(recordKey, toHeld(recordKey, text));
      log.info({ event: 'token-revoked', tokenId: id, by }, 'a token was revoked');
    },
    stop: () => mirror.stop(),
  };
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
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
