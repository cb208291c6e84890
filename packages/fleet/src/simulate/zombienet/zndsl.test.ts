import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { simulationSchema } from '../schema.ts';
import { fromZndsl } from './zndsl.ts';

const NODES = ['alice', 'bob'];
const one = (line: string) => {
  const { run, notes } = fromZndsl(line, NODES);
  return { run, notes: notes.map(({ kind, what }) => `${kind}: ${what}`) };
};
const kinds = (line: string) => fromZndsl(line, NODES).notes.map(({ kind }) => kind);

const SAME: readonly (readonly [string, object])[] = [
  ['alice: is up', { expect: 'height', node: 'alice', atLeast: 0 }],
  ['Alice: is up within 90 secs', { expect: 'height', node: 'alice', atLeast: 0, withinSeconds: 90 }],
  [
    'bob: reports block height is at least 12 within 200 seconds',
    { expect: 'height', node: 'bob', atLeast: 12, withinSeconds: 200 },
  ],
  ['bob: reports best block >= 12', { expect: 'height', node: 'bob', atLeast: 12 }],
  [
    'alice: reports finalised height is greater than 3 within 40s',
    { expect: 'finalised', node: 'alice', atLeast: 4, withinSeconds: 40 },
  ],
  ['alice: reports finalised block < 9', { expect: 'finalised', node: 'alice', atMost: 8 }],
  ['alice: reports peers count is 1', { expect: 'peers', node: 'alice', atLeast: 1, atMost: 1 }],
  [
    'alice: reports substrate_node_roles is 4',
    { expect: 'metric', node: 'alice', metric: 'substrate_node_roles', atLeast: 4, atMost: 4 },
  ],
  [
    'bob: log line contains "Imported #7" within 20 seconds',
    { expect: 'log', node: 'bob', pattern: 'Imported #7', atLeast: 1, withinSeconds: 20 },
  ],
  [
    'bob: log line matches regex "Imported #[0-9]+"',
    { expect: 'log', node: 'bob', pattern: 'Imported #[0-9]+', atLeast: 1 },
  ],
  [
    'bob: log line matches glob "*rted #1 (a?b)*"',
    { expect: 'log', node: 'bob', pattern: '^.*rted #1 \\(a.b\\).*$', atLeast: 1 },
  ],
  [
    'bob: count of log lines containing "peer" is at least 3 within 9 s',
    { expect: 'log', node: 'bob', pattern: 'peer', atLeast: 3, withinSeconds: 9 },
  ],
  ['alice: pause', { do: 'pause', node: 'alice' }],
  ['alice: resume', { do: 'resume', node: 'alice' }],
  ['alice: restart', { do: 'restart', node: 'alice' }],
  ['sleep 15 seconds', { do: 'wait', at: { seconds: 15 } }],
];

test('the usual sentences are steps that say the same', () => {
  for (const [line, step] of SAME) assert.deepEqual(one(line), { run: [step], notes: [] }, line);
  assert.deepEqual(one('bob: restart after 20 seconds').run, [
    { do: 'stop', node: 'bob' },
    { do: 'start', node: 'bob', at: { seconds: 20 } },
  ]);
});

test('what is a step with another meaning says so', () => {
  const metric = one('alice: reports node_roles{chain="dev"} > 3');
  assert.deepEqual(metric.run, [
    { expect: 'metric', node: 'alice', metric: 'substrate_node_roles{chain="dev"}', atLeast: 4 },
  ]);
  assert.equal(metric.notes.length, 2);
  assert.equal(
    one('alice: reports parachain_candidate_votes is at least 1').run[0]?.metric,
    'polkadot_parachain_candidate_votes',
  );
  assert.match(one('bob: count of log lines matching "panic" is 0').notes[0] ?? '', /does not wait/);
});

const REFUSED = [
  'alice: parachain 2000 is registered within 225 seconds',
  'alice: parachain 2000 block height is at least 10 within 200 seconds',
  'collator-1: parachain 2000 perform upgrade with ./next.wasm within 200 seconds',
  'alice: reports histogram pvf_time has at least 2 samples in buckets ["0.1", "+Inf"] within 100 seconds',
  'alice: reports block height - finalised height is at least 2',
  'alice: reports block height != 4',
  'alice: system event contains "Session" within 20 seconds',
  'alice: trace with traceID 94c1501a78a0d83c498cc92deec264d9 contains ["answer"]',
  'alice: js-script ./look.js with "a" return is greater than 1 within 200 seconds',
  'alice: run ./fetch.sh within 20 seconds',
  'alice: set latency by 200 ms',
  'alice: remove latency',
  'alice: log line matches "(" within 5 seconds',
  'dave: is up',
  'alice: dances',
  'nothing of this',
  '{{node}}: is up',
];

test('what is not done is refused with its line and its reason, and nothing of it is a step', () => {
  for (const line of REFUSED) {
    const { run, notes } = fromZndsl(`alice: is up\n  ${line}\n`, NODES);
    assert.equal(run.length, 1, line);
    assert.deepEqual(
      notes.map(({ line: at, column, text, kind }) => [at, column, text, kind]),
      [[2, 3, line, 'refused']],
    );
    assert.notEqual(notes[0]?.remedy, '');
  }
});

test('the header is read, comments are passed over, and every step is one of a simulation', () => {
  const read = fromZndsl(
    `Description: a harbour at night\nNetwork: ./harbour.toml\nCreds: config\n\n# first\n${SAME.map(([line]) => line).join('\n// between\n')}`,
    NODES,
  );
  assert.deepEqual([read.description, read.network], ['a harbour at night', './harbour.toml']);
  assert.deepEqual(kinds('Creds: config'), ['left-out']);
  const relay = { command: './node', chain: 'dev', nodes: [{ name: 'alice' }, { name: 'bob' }] };
  const simulation = { format: 'watchbill/simulation/1', name: 'quayside', relay, run: read.run };
  assert.equal(simulationSchema.parse(simulation).run.length, SAME.length);
});

test('whatever a line is, it is a step, a note, a header, a comment or blank', () => {
  const words = fc.constantFrom(
    ...[
      'alice:',
      'bob:',
      'dave:',
      'reports',
      'is up',
      'block height',
      'is at least',
      '5',
      'within',
      'seconds',
    ],
    ...[
      'pause',
      'sleep',
      'log line',
      'contains',
      '"x"',
      'glob',
      'parachain',
      '7',
      '>',
      'restart',
      'after',
      '{',
    ],
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(words, { minLength: 1 }).map((all) => all.join(' ')),
      ),
      (line) => {
        fc.pre(!/[\r\n]/.test(line));
        const text = line.trim();
        const { run, notes, description, network } = fromZndsl(line, NODES);
        const isSilent = text === '' || text.startsWith('#') || text.startsWith('//');
        const isTaken = run.length > 0 || notes.length > 0 || description !== null || network !== null;
        assert.equal(isTaken, !isSilent, line);
      },
    ),
    { numRuns: 2_000 },
  );
});
