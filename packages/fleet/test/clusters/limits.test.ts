import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMap, deadline, grantAll, makeNamespace, planeOfFile, stateOf, targetOn } from './ground.ts';

/** So few that a target which sends 50 at once is refused many times. */
const NARROW = [
  '--enable-priority-and-fairness=false',
  '--max-requests-inflight=6',
  '--max-mutating-requests-inflight=3',
];

const MOST_ROUNDS = 20;

const plane = await planeOfFile({ apiServerFlags: NARROW });

/** Requests that the server has refused because it was busy. */
async function refusedCount(): Promise<number> {
  const { body } = await plane.request('GET', '/metrics');
  const lines = String(body)
    .split('\n')
    .filter((line) => /^apiserver_request_total\{.*code="429"/.test(line));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

test('a server that is too small is not overrun: all is done, by asking again when it says so', async () => {
  await makeNamespace(plane, 'busy');
  await grantAll(plane, 'crane', 'busy');
  const target = await targetOn(plane, { namespace: 'busy', kubeconfigFile: plane.kubeconfigOf('crane') });
  const before = await refusedCount();
  const wanted: ReturnType<typeof configMap>[] = [];
  // Where the requests come slowly the server may take them all, and nothing is shown.
  for (let round = 0; (await refusedCount()) === before; round += 1) {
    assert.ok(round < MOST_ROUNDS, 'the server never was too busy, so nothing was shown');
    const more = Array.from({ length: 60 }, (_, index) =>
      configMap('busy', `c${round}-${index}`, { index: String(index) }),
    );
    const done = await Promise.all(more.map((one) => target.apply(one, null, deadline())));
    assert.ok(
      done.every(({ outcome }) => outcome === 'done'),
      JSON.stringify(done.find((one) => one.outcome !== 'done')),
    );
    wanted.push(...more);
  }
  const { live, proposals } = await stateOf(target, wanted);
  assert.equal(live.size, wanted.length);
  assert.ok([...proposals.values()].every(({ ok }) => ok));
  target.close();
});

test('a server that takes the connection and never answers is given up at the deadline', async () => {
  await makeNamespace(plane, 'silent');
  const target = await targetOn(plane, { namespace: 'silent' });
  const { pid } = plane.daemons.apiServer;
  process.kill(pid, 'SIGSTOP');
  try {
    const done = await target.apply(configMap('silent', 'a', { a: '1' }), null, deadline(1_500));
    assert.ok(done.outcome === 'unknown' || done.outcome === 'unreachable', done.outcome);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await plane.ready();
  target.close();
});
