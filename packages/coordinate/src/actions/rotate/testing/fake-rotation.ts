import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { hexOf, type NodeRpc } from '@watchbill/chain';
import { addressOfAccount } from '@watchbill/chain/extrinsics';
import { temporaryFolder } from '@watchbill/kit/testing';
import { recordOfBytes } from '../../content.ts';
import type { ActionContext } from '../../port.ts';
import { fakeLedger } from '../../testing/fake-ledger.ts';
import { contextOf, fakeDoors, itemOf, planAt, proposedValue, testKey } from '../../testing/fake-members.ts';
import { rotateAction } from '../rotate.ts';
import { rotateContent } from '../rotate-content.ts';

export const SESSION_BLOCKS = 8n;

export const keysOf = (text: string): string => createHash('sha512').update(text).digest('hex').repeat(2);

/** A validator's node: it numbers its keys as it makes them. */
function fakeValidator(name: string, made: string[]): NodeRpc {
  const keystore = new Set<string>();
  const call = async <T>(method: string, [first]: readonly unknown[] = []): Promise<T> => {
    if (method === 'author_hasSessionKeys') return keystore.has(String(first)) as T;
    assert.equal(method, 'author_rotateKeysWithOwner');
    const keys = `0x${keysOf(`${name} ${made.length}`)}`;
    made.push(name);
    keystore.add(keys);
    return { keys, proof: '0x1234' } as T;
  };
  return { address: name, call, subscribe: async () => ({ close: () => {} }), close: () => {} };
}

export function setUp(
  context: TestContext,
  options: { readonly members?: number; readonly validity?: bigint; readonly turnBlocks?: number } = {},
) {
  const folder = temporaryFolder(context);
  const ledger = fakeLedger({ sessionBlocks: SESSION_BLOCKS });
  const members = options.members ?? 3;
  const names = Array.from({ length: members }, (_, seat) => `validator ${seat}`);
  const validators = names.map((name) => addressOfAccount(testKey(name).publicKey, 42));
  names.slice(1).forEach((name, index) => {
    ledger.setKeys(hexOf(testKey(name).publicKey), keysOf(`old ${index}`));
  });
  const plan = planAt(ledger, members);
  const { turnBlocks, validity = 200n } = options;
  const parameters = turnBlocks === undefined ? { validators } : { validators, turnBlocks };
  const item = itemOf('rotate', parameters, validity);
  const contexts = names.map((name, seat) =>
    contextOf(
      ledger,
      plan,
      item,
      { nodeUrl: name, submitKey: name, keysFile: join(folder, `${seat}.json`) },
      seat,
    ),
  );
  const made: string[] = [];
  const nodes = new Map(names.map((name) => [name, fakeValidator(name, made)]));
  const connect = (url: string): NodeRpc => nodes.get(url) ?? assert.fail(url);
  return { ledger, plan, item, contexts, made, names, validators, doors: fakeDoors({ connect }) };
}

export function firstOf(contexts: readonly ActionContext[]): ActionContext {
  const [member] = contexts;
  assert.ok(member !== undefined);
  return member;
}

export async function draftedBy(set: ReturnType<typeof setUp>, member = firstOf(set.contexts)) {
  const draft = await rotateAction(set.doors).draft(member);
  assert.ok(draft.kind === 'content', draft.kind === 'nothing' ? draft.why : '');
  const content = recordOfBytes(rotateContent, draft.content);
  assert.ok(content !== null);
  return { content, value: proposedValue(member, draft.content) };
}
