import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ROLLOUT_DEFAULTS } from '../../file/network/index.ts';
import { analyse, analyseBefore, OLDEST_READING_MS, verdictText } from './analysis.ts';
import { type NodeFacts, unknownFacts } from './facts.ts';
import { rpcCallsOf } from './metrics.ts';
import { beginWatch, stepWatch } from './soak.ts';

const { gates } = ROLLOUT_DEFAULTS;
const GOOD: NodeFacts = {
  node: 'v-0',
  ageMs: 10,
  isRight: true,
  failure: null,
  best: 100,
  finalised: 98,
  peers: 3,
  isSyncing: false,
  rpcCalls: { all: 200, failed: 1 },
  specVersion: 1,
  nodeVersion: '1.0.0',
  signer: { held: ['0xaa'], inSet: true, signed: 1 },
};
const OTHER: NodeFacts = { ...GOOD, node: 'rpc-0', signer: null };
const heldBefore = new Map([['v-0', ['0xaa']]]);

function judge(change: Partial<NodeFacts>, baseline: readonly NodeFacts[] = [OTHER]) {
  const verdict = analyse({ gates, changed: [{ ...GOOD, ...change }], baseline, heldBefore });
  return { verdict: verdict.verdict, text: verdictText(verdict), verdictOf: verdict };
}

const CASES: Readonly<Record<string, readonly [Partial<NodeFacts>, 'pass' | 'fail' | 'wait', RegExp]>> = {
  'all is well': [{}, 'pass', /no data/],
  'it runs something else': [{ isRight: false }, 'wait', /does not run the new version/],
  'it will not become good': [{ failure: 'image not found' }, 'fail', /image not found \(version\)/],
  'it syncs': [{ isSyncing: true }, 'wait', /syncing, at block 100/],
  'it is far behind the others': [{ best: 94, finalised: 94 }, 'fail', /6 blocks behind/],
  'it is a little behind': [{ best: 95, finalised: 94 }, 'pass', /./],
  'finality stands still': [{ finalised: 79 }, 'fail', /21 above the finalised one; at most 20 may be/],
  'it is alone': [{ peers: 0 }, 'fail', /0 peers; 1 is needed/],
  'its RPC fails': [{ rpcCalls: { all: 100, failed: 6 } }, 'fail', /6 of 100 RPC calls failed, 6\.0 %/],
  'too few calls to judge': [{ rpcCalls: { all: 19, failed: 19 } }, 'pass', /./],
  'it lost its keys': [
    { signer: { held: [], inSet: true, signed: 3 } },
    'fail',
    /no longer holds the session keys 0xaa/,
  ],
  'it does not sign': [{ signer: { held: ['0xaa'], inSet: true, signed: 0 } }, 'wait', /0 blocks or votes/],
  'it is not in the set': [{ signer: { held: ['0xaa'], inSet: false, signed: null } }, 'pass', /./],
  'an old reading': [{ ageMs: OLDEST_READING_MS + 1 }, 'wait', /15 s old/],
};

describe('each check, measured by a node that was not changed', () => {
  for (const [name, [change, verdict, text]] of Object.entries(CASES))
    test(name, () => {
      const judged = judge(change);
      assert.equal(judged.verdict, verdict);
      assert.match(judged.text, text);
    });
});

test('a failure of the other nodes is a failure of the change, and a node without data is not', () => {
  assert.equal(judge({}, [OTHER, { ...OTHER, node: 'rpc-1', finalised: 1 }]).verdict, 'fail');
  assert.equal(judge({}, [OTHER, unknownFacts('rpc-1', false)]).verdict, 'pass');
  assert.match(
    judge({}, [unknownFacts('rpc-1', false)]).text,
    /no other node reports the height of the chain/,
  );
  assert.equal(judge({}, []).verdict, 'pass', 'a network of one node has nothing to compare with');
});

test('a node that does not answer is reported once, not for each check', () => {
  const silent = { best: null, finalised: null, peers: null, isSyncing: null, rpcCalls: null };
  assert.equal(judge(silent).verdict, 'wait');
  assert.equal(judge(silent).text, 'v-0: it does not answer over RPC (inSync)');
});

test('before the change every node must tell that it is good, and that it can be judged later', () => {
  const before = (...nodes: NodeFacts[]) => analyseBefore(nodes, gates, new Set(['v-0'])).verdict;
  assert.equal(before(GOOD, OTHER), 'pass');
  assert.equal(before(GOOD, unknownFacts('rpc-1', false)), 'wait');
  assert.equal(before({ ...GOOD, rpcCalls: null }, OTHER), 'wait');
  assert.equal(before(GOOD, { ...OTHER, rpcCalls: null }), 'pass');
  assert.equal(before(GOOD, { ...OTHER, finalised: 1 }), 'fail');
  assert.equal(before(), 'wait', 'no node was seen');
});

test('unknown never passes: a pass stays one only while every fact that a check needs is there', () => {
  const needed = ['isRight', 'best', 'finalised', 'peers', 'isSyncing', 'rpcCalls'] as const;
  fc.assert(
    fc.property(fc.subarray([...needed], { minLength: 1 }), (missing) => {
      const change = Object.fromEntries(missing.map((key) => [key, null]));
      assert.equal(judge(change).verdict, 'wait');
    }),
  );
  for (const missing of ['held', 'inSet', 'signed'] as const)
    assert.equal(
      judge({ signer: { held: ['0xaa'], inSet: true, signed: 2, [missing]: null } }).verdict,
      'wait',
    );
});

test('until they were good once only the deadline ends the wait; then a few bad readings in a row do', () => {
  const limits = { soakMs: 10, deadlineMs: 100 };
  const pass = judge({}).verdictOf;
  const bad = judge({ peers: 0 }).verdictOf;
  const wait = judge({ peers: null }).verdictOf;
  const play = (...all: readonly (readonly [typeof pass, number])[]): string => {
    let watched = beginWatch(0);
    for (const [verdict, atMs] of all) {
      const step = stepWatch(watched, verdict, atMs, limits);
      if (step.end !== null) return step.end === 'passed' ? `passed at ${atMs}` : `${step.why} at ${atMs}`;
      watched = step.watched;
    }
    return 'goes on';
  };
  assert.equal(play([bad, 1], [bad, 2], [bad, 3], [bad, 50]), 'goes on');
  assert.equal(play([bad, 1], [pass, 50], [pass, 59], [pass, 60]), 'passed at 60');
  assert.equal(play([pass, 1], [wait, 5], [pass, 11], [pass, 20]), 'goes on', 'the soak begins anew');
  assert.equal(play([pass, 1], [bad, 2], [bad, 3], [bad, 4]), 'bad at 4');
  assert.equal(play([pass, 1], [bad, 2], [pass, 3], [bad, 4], [bad, 5], [pass, 6]), 'goes on');
  assert.equal(play([wait, 110], [wait, 111]), 'late at 111');
  assert.equal(play([judge({ failure: 'gone' }).verdictOf, 1]), 'hopeless at 1');
});

test('calls and errors are counted over all methods; metrics of something else tell nothing', () => {
  const text = [
    '# TYPE substrate_rpc_calls_finished counter',
    'substrate_rpc_calls_finished{is_error="false",method="a",protocol="http"} 10',
    'substrate_rpc_calls_finished{is_error="true",method="a",protocol="http"} 2',
    'substrate_rpc_calls_finished{is_error="false",method="b",protocol="ws",chain="x"} 5',
  ].join('\n');
  assert.deepEqual(rpcCallsOf(text), { all: 17, failed: 2 });
  assert.deepEqual(rpcCallsOf('substrate_block_height{status="best"} 3\n'), { all: 0, failed: 0 });
  assert.equal(rpcCallsOf('go_goroutines 3\n'), null);
  assert.equal(rpcCallsOf(text.replace(' 10', ' NaN')), null);
});
