import assert from 'node:assert/strict';
import type { FollowedPage } from '@watchbill/testkit/pages/followed-page';

/** The arguments of the first command `watchbill coordinate …` of a page that fits; it counts as run. */
export function argumentsIn(page: FollowedPage, pattern: RegExp): readonly string[] {
  const [program, capability, ...args] = page.command(pattern);
  assert.deepEqual([program, capability], ['watchbill', 'coordinate']);
  return args;
}
