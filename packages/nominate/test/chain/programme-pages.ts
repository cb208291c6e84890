// Parts of nominate-local.md, which the programme on local chains follows.

import assert from 'node:assert/strict';
import { castCandidates } from '@watchbill/testkit/chopsticks';
import { type FollowedPage, followedPage } from '@watchbill/testkit/pages/followed-page';
import type { Harness } from '../service-process.ts';

export const LOCAL_PAGE = followedPage('docs/nominate/how-to/nominate-local.md#three-nominators');
export const EXECUTE_PAGE = followedPage('docs/nominate/how-to/nominate-local.md#carry-out-a-round-by-hand');

/** The arguments of `watchbill nominate` in a command of a page. */
export function typed(page: FollowedPage, pattern: RegExp): readonly string[] {
  const [program, capability, ...args] = page.command(pattern);
  assert.deepEqual([program, capability], ['watchbill', 'nominate']);
  return args;
}

/** The log has every line that the page shows, with other ids, blocks and candidates. */
export function assertLogged(log: string): void {
  const names = new RegExp(
    `\\b(${castCandidates()
      .map(({ name }) => name)
      .join('|')})\\b`,
    'g',
  );
  for (const line of LOCAL_PAGE.shown(/^watchbill nominate run$/m)
    .trimEnd()
    .split('\n')) {
    const pattern = line
      .replace(/[()]/g, '\\$&')
      .replace(names, '\\w+')
      .replace(/0x[0-9a-f]+…/, '.*')
      .replace(/\b[0-9a-f]{12}\b/g, '[0-9a-f]{12}')
      .replace(/(?<=(?:block|nonce) )\d+/g, '\\d+');
    // The page leaves out the time, and the fields after the text.
    assert.match(log, new RegExp(`${pattern}(?: {2}\\w+=.*)?$`, 'm'), line);
  }
}

/** A person looks at the transactions, as the page has it. */
export async function assertLookedAt(harness: Harness): Promise<void> {
  const list = await harness.nominate(...typed(LOCAL_PAGE, / tx list /));
  assert.equal(list.code, 0, list.errors);
  for (const name of ['west', 'north', 'east'])
    assert.match(list.out, new RegExp(`^[0-9a-f]{12} +${name} +0 +finalised`, 'm'));
  assert.match(list.out, /^ {2}block \d+ {2}.*verified: 2 targets in block \d+/m);
  const again = await harness.nominate(...typed(LOCAL_PAGE, / round execute newest$/));
  assert.equal(again.code, 0, again.errors);
  for (const name of ['west', 'north', 'east'])
    assert.match(again.out, new RegExp(`^${name}: no nomination: era 0 has its nomination`, 'm'));
}
