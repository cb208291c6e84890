import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { untilReady, waitFor } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { assertDecided, type Ground, startGround } from './bad-input-ground.ts';
import { commandLine, type Ran, type Running } from './cli-process.ts';

leaveNothing('export');

/** Of an answer that pass before the relay waits: the command writes its draft in blocks of a MiB. */
const PASSED_BYTES = 3 * 1024 * 1024;
/** More than the buffers of all sockets between service and command hold. */
const DECISIONS = 40_000;

/** Answers of the service pass up to {@link PASSED_BYTES}; the rest waits for `resume`. */
interface Relay {
  readonly url: string;
  /** Settles when an answer waits. */
  readonly waits: Promise<void>;
  resume(): void;
}

async function startRelay(context: TestContext, port: number): Promise<Relay> {
  const { promise: waits, resolve: wait } = Promise.withResolvers<void>();
  const { promise: resumed, resolve: resume } = Promise.withResolvers<void>();
  const server = createServer((client) => {
    const service = connect(port, '127.0.0.1');
    let passed = 0;
    client.on('data', (bytes) => service.write(bytes));
    service.on('data', (bytes) => {
      client.write(bytes);
      passed += bytes.length;
      if (passed < PASSED_BYTES) return;
      passed = Number.NEGATIVE_INFINITY;
      service.pause();
      wait();
      void resumed.then(() => service.resume());
    });
    for (const socket of [client, service]) socket.on('error', () => undefined);
    client.on('close', () => service.destroy());
    service.on('close', () => client.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  const { port: own } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${own}`, waits, resume };
}

/** A service whose ledger is too long to pass at once, and the command in the middle of its export. */
interface Stage {
  readonly ground: Ground;
  readonly relay: Relay;
  readonly exporting: Running;
  /** The files that the command made. */
  files(): readonly string[];
  /** The same command straight to the service, to its end. */
  again(): Promise<Ran>;
}

const OUT = 'one.ledger';
const DRAFT = `${OUT}.partial`;

async function startStage(context: TestContext): Promise<Stage> {
  const ground = await startGround(context);
  assertDecided(await ground.claim(), 200, 'granted', 'new');
  const { service } = ground;
  await service.kill('SIGTERM');
  lengthen(join(service.dir, 'data/ledger.db'));
  await service.restart();
  await untilReady(service);
  const cli = commandLine(context);
  const relay = await startRelay(context, Number(new URL(service.url).port));
  const command = (url: string) =>
    [
      'ledger',
      'export',
      '--url',
      url,
      '--token-file',
      join(service.dir, 'operator.token'),
      '--out',
      OUT,
    ] as const;
  const exporting = cli.begin(...command(relay.url));
  const early = exporting.ended.then(({ stderr }) => assert.fail(`the export ended early: ${stderr}`));
  await Promise.race([relay.waits, early]);
  const draft = () => statSync(join(cli.cwd, DRAFT), { throwIfNoEntry: false });
  await waitFor('a draft', () => (draft()?.size ?? 0) > 0, WAIT);
  assert.deepEqual(readdirSync(cli.cwd).sort(), [OUT, DRAFT]);
  early.catch(() => undefined);
  return {
    ground,
    relay,
    exporting,
    files: () => readdirSync(cli.cwd),
    again: () => cli.run(...command(service.url)),
  };
}

/** Repeats the decision of the grant with a longer claim id. No service compares decisions. */
function lengthen(file: string): void {
  const db = new DatabaseSync(file);
  const columns = (claimId: string) =>
    `durable, atMs, outcome, reason, detail, chain, key, duty, unit, parts, digest, node, incarnation, ${claimId}, seq, via, tookMs`;
  db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${DECISIONS})
    INSERT INTO decisions (${columns('claimId')}) SELECT ${columns('claimId || hex(zeroblob(500))')} FROM decisions, n
    WHERE id = (SELECT max(id) FROM decisions WHERE outcome = 'granted')`);
  db.close();
}

const WAIT = { timeoutMs: 60_000, everyMs: 10 };
const CUT = /"event":"ledger-export-cut".*/;

/** Why the service cut the export, by its log. */
const whyCut = ({ service }: Ground): Promise<string> =>
  waitFor('the cut in the log', async () => CUT.exec(await service.log())?.[0], WAIT);

const options = { timeout: 120_000 };

test('a service that is stopped cuts an export, and the command leaves no file', options, async (context) => {
  const { ground, relay, exporting, files, again } = await startStage(context);
  const { service } = ground;
  await service.kill('SIGTERM');
  assert.equal(service.exitCode(), 0, await service.log());
  assert.match(await whyCut(ground), /the service is stopping/);
  relay.resume();
  const cut = await exporting.ended;
  assert.equal(cut.code, 5, cut.stderr);
  assert.match(cut.stderr, /^error: the answer broke off \(.+\)$/m);
  assert.match(cut.stderr, /what to do: look at the log of the service, and run the same command again$/m);
  assert.equal(cut.stdout, '');
  assert.deepEqual(files(), []);
  await service.restart();
  const whole = await again();
  assert.equal(whole.code, 0, whole.stderr);
  assert.deepEqual(files(), [OUT]);
});

test('an export that is stopped leaves no file, and the service takes the next', options, async (context) => {
  const { ground, exporting, files, again } = await startStage(context);
  exporting.signal('SIGTERM');
  const stopped = await exporting.ended;
  assert.equal(stopped.code, 1, stopped.stderr);
  assert.match(stopped.stderr, /^error: SIGTERM stopped the export; it left no file$/m);
  assert.match(stopped.stderr, /what to do: run the same command again$/m);
  assert.equal(stopped.stdout, '');
  assert.deepEqual(files(), []);
  assert.match(await whyCut(ground), /the connection was closed/);
  const whole = await again();
  assert.equal(whole.code, 0, whole.stderr);
  assert.deepEqual(files(), [OUT]);
});
