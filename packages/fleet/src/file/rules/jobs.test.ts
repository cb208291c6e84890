import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readNetwork } from '../compile/read.ts';
import { fileText } from '../testing/networks.ts';

const IMAGE = `registry.example.org/watchbill@sha256:${'ab'.repeat(32)}`;
const GROW = { grow: { atUsedPercent: 80, byPercent: 25, maxGiB: 1000 } };
const BACKUP = { schedule: '0 3 * * *' };
const GROWTH = { schedule: '15 * * * *', prometheus: 'http://prometheus.monitoring:9090' };

function problems(
  jobs: object,
  pools: object = { backup: { role: 'backup', storage: GROW } },
): readonly string[] {
  const read = readNetwork(fileText({ pools, jobs }));
  return read.ok ? [] : read.problems.map(({ code, path, what }) => `${code} ${path} ${what}`);
}

describe('jobs of a network file', () => {
  test('both jobs fit a backup node whose volume grows', () => {
    assert.deepEqual(problems({ image: IMAGE, backup: BACKUP, growth: GROWTH }), []);
  });

  const refused: Readonly<
    Record<string, readonly [jobs: object, pools: object | undefined, problem: RegExp]>
  > = {
    'without an image': [{ backup: BACKUP }, undefined, /^software jobs\.image .*no image/],
    'a backup without its node': [
      { image: IMAGE, backup: BACKUP },
      { rpc: { role: 'rpc' } },
      /^contradiction jobs\.backup no node of the role backup/,
    ],
    'backup nodes that share a set': [
      { image: IMAGE, backup: BACKUP },
      { backup: { role: 'backup', layout: 'one-set' } },
      /^contradiction jobs\.backup .*share one set/,
    ],
    'growth of volumes that have no limit': [
      { image: IMAGE, growth: GROWTH },
      { rpc: { role: 'rpc' } },
      /^contradiction jobs\.growth no pool/,
    ],
    'a time of systemd': [
      { image: IMAGE, backup: { schedule: '*-*-* 03:00:00' } },
      undefined,
      /^wrong-value jobs\.backup\.schedule .*five fields of cron/,
    ],
    'a Prometheus with a password': [
      { image: IMAGE, growth: { ...GROWTH, prometheus: 'http://me:secret@prometheus:9090' } },
      undefined,
      /^wrong-value jobs\.growth\.prometheus /,
    ],
  };
  for (const [name, [jobs, pools, problem]] of Object.entries(refused))
    test(`refused: ${name}`, () => {
      const found = problems(jobs, pools);
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0] ?? '', problem);
      assert.doesNotMatch(found[0] ?? '', /secret/);
    });

  for (const schedule of ['*/15 * * * *', '0 3,15 1-7 * 0', '5 0-23/2 * * *'])
    test(`cron takes ${schedule}`, () =>
      assert.deepEqual(problems({ image: IMAGE, backup: { schedule } }), []));
});
