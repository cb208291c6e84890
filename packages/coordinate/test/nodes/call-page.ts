// The commands of a call in coordinate-actions.md with a group that runs: a call is proposed, approved and
// certified, and then vetoed.

import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { followedPage } from '@watchbill/testkit/pages/followed-page';
import { isShownAs } from '@watchbill/testkit/pages/shown';
import { coordinate, type Told } from '../process.ts';
import type { Operator } from './operator.ts';
import type { RealGroup } from './real-group.ts';

const PAGE = followedPage('docs/coordinate/how-to/coordinate-actions.md#send-an-extrinsic');
const FILE = 'page.json';
const [APPROVALS, APPROVE, VETO] = [/ approvals$/, / approve 0x/, / veto /];
const SHOWN = { window: '42', bytes: '0x040300…' } as const;

/** What a command of the page prints in the folder of an operator. */
async function typed(
  { folder }: Operator,
  pattern: RegExp,
  words: Readonly<Record<string, string>> = {},
): Promise<string> {
  const [program, capability, ...args] = PAGE.command(pattern);
  assert.deepEqual([program, capability], ['watchbill', 'coordinate']);
  for (const word of Object.keys(words)) assert.ok(args.includes(word), `${pattern} has the word ${word}`);
  const ran = await coordinate(folder, ...args.map((arg) => words[arg] ?? arg));
  assert.equal(ran.code, 0, ran.errors);
  return ran.out;
}

/** The newest window that an operator saw begin, with the leaders of its ranks. */
function newest({
  told,
}: Operator): { readonly window: string; readonly leaders: readonly string[] } | undefined {
  const line = told().findLast(({ event }) => event === 'window');
  return line && { window: String(line.window), leaders: line.leaders as readonly string[] };
}

/**
 * One operator queues the call of the page and proposes it as the leader of a window. The leader of the next
 * window queues it as well, and a third operator approves it: three of four, so it is certified. The fourth
 * vetoes it.
 */
export async function followCallPage({ operators, operator, until }: RealGroup): Promise<void> {
  const [, json = ''] = /```json\n(.*)\n```/.exec(PAGE.text) ?? [];
  const call = JSON.parse(json) as object;
  const [any = assert.fail('no operators')] = operators;
  const before = await until('a window', () => newest(any));
  const proposer = operator(before.leaders[1] ?? '');
  proposer.wish(FILE, call);
  const others = operators.filter((each) => each !== proposer);

  await until('a proposed call at all others', () =>
    others.every(({ folder }) => existsSync(join(folder, 'state', 'approvals', 'waiting.record'))),
  );
  const [list = ''] = await Promise.all(others.map((each) => typed(each, APPROVALS)));
  assert.ok(isShownAs(windowOfPage(PAGE.shown(APPROVALS), list), list), list);
  const bytes = /0x[0-9a-f]+$/m.exec(list)?.[0] ?? assert.fail(list);
  const now = await until('a window', () => newest(any));
  const next = others.find(({ name }) => name === now.leaders[1]) ?? others[0] ?? any;
  const [approver = any, vetoer = any] = others.filter((each) => each !== next);
  next.wish(FILE, call);
  const approved = await typed(approver, APPROVE, { [SHOWN.bytes]: bytes });
  assert.match(approved, /^approved: Balances\.transfer_keep_alive .*\n {2}once, up to block \d+; /);
  assert.match(await typed(approver, APPROVALS), /^approved:\n {2}[0-9a-f]{12}\.json: Balances/);

  const isCertified = ({ event, action, window }: Told): boolean =>
    event === 'certificate' && action === 'call' && BigInt(String(window)) >= BigInt(now.window);
  const certified = await until('a certificate of the call', () =>
    operators.flatMap(({ told }) => told().filter(isCertified)).at(0),
  );
  const window = String(certified.window);
  await typed(vetoer, VETO, { [SHOWN.window]: window });
  // It is not proposed again.
  for (const { folder } of [proposer, next]) rmSync(join(folder, 'queue', FILE));
  const isReceipt = ({ event, action, window: of, result }: Told): boolean =>
    event === 'receipt' && action === 'call' && String(of) === window && result !== 'step';
  const receipts = await until('a receipt of all', () => {
    const found = operators.map(({ told }) => told().find(isReceipt));
    return found.every((line) => line !== undefined) && found;
  });
  for (const { result, text } of receipts) {
    assert.equal(result, 'vetoed', text);
    assert.match(text, new RegExp(`vetoed by ${vetoer.name}: unknown payee`));
  }
  PAGE.end();
}

function windowOfPage(shown: string, printed: string): string {
  const [, window = ''] = /^ {2}window (\d+):/m.exec(printed) ?? [];
  return shown.replace(`window ${SHOWN.window}:`, `window ${window}:`);
}
