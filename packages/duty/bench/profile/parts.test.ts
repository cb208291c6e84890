import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Profile, sharesOf } from './parts.ts';

type Stack = readonly (readonly [functionName: string, url: string])[];

/** A profile of stacks, from the bottom to the top, each with its microseconds. */
function profileOf(stacks: readonly (readonly [Stack, number])[]): Profile {
  const nodes: Profile['nodes'][number][] = [];
  const samples = stacks.map(([stack]) => {
    const first = nodes.length + 1;
    for (const [index, [functionName, url]] of stack.entries()) {
      const children = index + 1 < stack.length ? [first + index + 1] : [];
      nodes.push({ id: first + index, callFrame: { functionName, url }, children });
    }
    return nodes.length;
  });
  return { nodes, samples, timeDeltas: stacks.map(([, us]) => us) };
}

const root = ['(root)', ''] as const;
const file = (path: string) => [`run`, `file:///home/packages/${path}`] as const;

test('a sample counts for the nearest frame that names a part', () => {
  const shares = sharesOf(
    profileOf([
      [[root, ['onParser', 'node:_http_server'], ['write', 'node:net'], ['writev', '']], 5],
      [
        [root, file('duty/src/service/claim/claims.ts'), file('duty/src/store/sqlite/store.ts'), ['get', '']],
        7,
      ],
      [[root, file('duty/src/service/claim/claims.ts'), file('duty/src/service/ledger/commits.ts')], 11],
      [[root, file('duty/src/service/claim/claims.ts'), file('kit/src/json/canonical.ts')], 13],
      [[root, file('duty/src/service/claim/claims.ts'), ['(garbage collector)', '']], 17],
      [[root, ['(idle)', '']], 19],
      [[root, ['(program)', '']], 16],
      [[root, ['toString', '']], 4],
      [[root, ['onStreamRead', 'node:internal/stream_base_commons']], 3],
      [[root, ['write', 'node:internal/http2/core']], 29],
    ]),
  );
  assert.deepEqual(shares, {
    HTTP: 5,
    rules: 13,
    store: 36,
    ledger: 11,
    'garbage collection': 17,
    idle: 19,
    rest: 23,
  });
});

test('a sample of an unknown frame counts as the rest', () => {
  assert.equal(sharesOf({ nodes: [], samples: [9], timeDeltas: [4] }).rest, 4);
});
