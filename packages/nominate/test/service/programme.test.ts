import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { openProgrammeStore } from '@watchbill/nominate/storage';
import { type PostgresServer, startPostgres } from '@watchbill/testkit/postgres-server';
import { append, exampleHarness, type Harness, untilFits } from '../service-process.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

interface Listed {
  readonly rows: readonly {
    readonly id: string;
    readonly name: string;
    readonly state: string;
    readonly nominatedCount: number;
  }[];
  readonly total: number;
}

const get = async (url: string): Promise<Listed> => (await fetch(url)).json() as Promise<Listed>;

/** A candidate is offline for longer in a round that is decided later. */
const withoutOfflineTimes = (record: string): string =>
  record.replace(/offline for (?:\d+ [dh] )?\d+ (?:h|min)/g, 'offline for some time');

/** The decisions of a round, without the times of reading. */
async function decided(setting: { readonly file: string } | { readonly url: string }) {
  const store = await openProgrammeStore(setting, () => 0);
  try {
    const rounds = (await store.rounds.list({ limit: 100, after: null })).rows.toReversed();
    const [first] = rounds;
    const stored = first === undefined ? null : await store.rounds.get(first.id);
    assert.ok(stored !== null);
    const { candidates, nominators, era, seed } = JSON.parse(withoutOfflineTimes(stored.record));
    const standings = (
      await store.standings.list({ sort: 'slot', descending: false }, { limit: 100, after: null })
    ).rows;
    return {
      era,
      seed,
      nominators,
      candidates,
      standings: standings.map(({ name, verdict, position, rank }) => ({ name, verdict, position, rank })),
    };
  } finally {
    await store.close();
  }
}

/** The rounds of a service, once it has decided one. */
const decidedRounds = (url: string): Promise<Listed> =>
  untilFits(
    () => get(`${url}/v1/rounds`),
    ({ total }) => total > 0,
  );

// The lease of a killed process lasts half a minute, in which the others work.
describe('a programme as a service', { concurrency: true }, () => {
  describe('one process on SQLite', { concurrency: true }, () => {
    test('a programme works: pages, rounds, jobs; SIGTERM drains it; a start again goes on', async (context) => {
      const made = await exampleHarness(context);
      const first = await made.run();
      const { url } = first;
      const rounds = await decidedRounds(url);
      assert.equal(rounds.rows[0]?.nominatedCount, 10);
      await untilFits(
        () => get(`${url}/v1/jobs`),
        ({ rows }) => rows.some(({ name, state }) => name === 'watch' && state === 'succeeded'),
      );
      const metrics = await (await fetch(`${url}/metrics`)).text();
      assert.match(metrics, /job/);
      const page = await fetch(url);
      assert.match(await page.text(), /<html/i);
      assert.equal(await first.end(), 0, first.log());
      assert.match(first.log(), /stopped/);
      const listed = await made.nominate('tx', 'list', '--json');
      assert.deepEqual(JSON.parse(listed.out), { transactions: [] });
      const again = await made.run();
      const total = (await get(`${again.url}/v1/rounds`)).total;
      assert.ok(total >= rounds.total, 'what was decided is still there');
      assert.equal(await again.end(), 0);
    });

    test('defect 30: killed in the middle of its work, it goes on with the next start', async (context) => {
      const made = await exampleHarness(context);
      const first = await made.run();
      await untilFits(
        () => get(`${first.url}/v1/jobs`),
        ({ rows }) => rows.some(({ name }) => name === 'snapshot'),
      );
      await first.end('SIGKILL');
      const again = await made.run();
      await decidedRounds(again.url);
      assert.equal(await again.end(), 0);
    });
  });

  describe('workers over a queue', () => {
    let redis: RedisServer;
    let postgres: PostgresServer;
    before(async () => {
      [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
    });
    after(async () => {
      await redis.stop();
      await postgres.stop();
    });

    async function workersHarness(context: TestContext, queueServer: RedisServer) {
      const made = await exampleHarness(context);
      const url = postgres.newDatabase();
      const queue = `harness-${randomUUID()}`;
      writeFileSync(join(made.dir, 'database-url'), `${url}\n`, { mode: 0o600 });
      made.change(
        'nominate.yaml',
        /database:\n {2}file: programme\.db/,
        'database:\n  urlFile: database-url',
      );
      append(made, `workers: { queue: "${queueServer.url}", name: "${queue}", board: { port: 0 } }`);
      return { made, url, queue };
    }

    /**
     * However long it takes until each of them decides, it is for the same era: of a few lengths, the one
     * that now has most left.
     */
    const longEra = ({ dir }: Harness): number => {
      const { takenAtMs } = JSON.parse(readFileSync(join(dir, 'example-snapshot.json'), 'utf8'));
      const elapsedS = Math.max(0, Date.now() - takenAtMs) / 1_000;
      const leftS = (length: number): number => length - (elapsedS % length);
      return [86_400, 100_000, 120_000].reduce((best, each) => (leftS(each) > leftS(best) ? each : best));
    };
    const inEra = ({ change }: Harness, seconds: number): void =>
      change('nominate.yaml', 'eraSeconds: 60', `eraSeconds: ${seconds}`);

    test('a planner and two workers decide what one process decides', async (context) => {
      const alone = await exampleHarness(context);
      const seconds = longEra(alone);
      inEra(alone, seconds);
      const one = await alone.run();
      await decidedRounds(one.url);
      assert.equal(await one.end(), 0);
      const { made, url, queue } = await workersHarness(context, redis);
      inEra(made, seconds);
      const planner = await made.run('--role', 'planner');
      const workers = await Promise.all([made.run('--role', 'worker'), made.run('--role', 'worker')]);
      await decidedRounds(planner.url);
      const board = await fetch(`${planner.board}`);
      assert.equal(board.status, 200);
      const asked = `activeQueue=${queue}&status=completed&page=1`;
      // It shows the newest first, and a snapshot is taken again and again.
      await untilFits(
        async () => (await fetch(`${planner.board}/api/queues?${asked}`)).text(),
        (queues) => queues.includes('snapshot'),
      );
      for (const each of [planner, ...workers]) assert.equal(await each.end(), 0, each.log());
      assert.deepEqual(await decided({ url }), await decided({ file: join(alone.dir, 'programme.db') }));
    });

    test('a worker that is killed, and a queue that goes away: the others go on', async (context) => {
      const ownRedis = await startRedis();
      context.after(() => ownRedis.stop());
      const { made } = await workersHarness(context, ownRedis);
      const planner = await made.run('--role', 'planner');
      const [first, second] = await Promise.all([made.run('--role', 'worker'), made.run('--role', 'worker')]);
      await untilFits(
        () => get(`${planner.url}/v1/jobs`),
        ({ rows }) => rows.some(({ state }) => state === 'succeeded'),
      );
      await first?.end('SIGKILL');
      await ownRedis.kill();
      await ownRedis.start();
      await decidedRounds(planner.url);
      assert.equal(await second?.end(), 0);
      assert.equal(await planner.end(), 0, planner.log());
    });
  });
});
