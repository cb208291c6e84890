import { closeSync, fdatasyncSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  devPublicKey,
  type NodePlan,
  type RunningNode,
  type ServiceProcess,
  startNodeNetwork,
  waitFor,
} from '@watchbill/testkit';
import { atMost, type Budget, figure } from '@watchbill/testkit/bench/budgets';
import type { Options } from '@watchbill/testkit/bench/options';
import { type Report, table } from '@watchbill/testkit/bench/report';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { collectSamples, type Latency } from '@watchbill/testkit/bench/statistics';
import {
  makeToken,
  nodeBinary,
  setUpIdentity,
  specFile,
  startReports,
  startServices,
} from '@watchbill/testkit/scenario';
import { askLeast, type Least } from './gate/least.ts';

/** Times the p99 of a server that decides nothing and makes the same flushes. */
const LIMIT_TO_LEAST = 2;
const LIMIT_RESIDENT_MB = 400;
const LEAST_SECONDS = 120;
const NODE = 'alice';
/**
 * What a grant writes before it counts: the store's log, the log of the ledger, the state file of the node.
 */
const FLUSHED_BYTES = [6 * 4_120, 9 * 4_120, 16 * 1_024];
/** Near three a second, as often as the node asks, and never in step with its slots. */
const FLUSHES_EVERY_MS = 337;

/** What the gate adds, as the node itself counts it (`--duty-timing-file`). */
interface Kind {
  readonly kind: string;
  readonly asked: number;
  readonly granted: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

/**
 * A real validator that authors every slot of a second and votes, gated over a unix socket by a service on
 * the embedded store.
 */
export async function measureGate(stage: Stage, options: Options): Promise<Report> {
  const services = await stage.start(startServices('sqlite', stage.folder), (all) => all.close());
  const service = services.alive();
  const network = await stage.start(
    startNodeNetwork({
      binary: nodeBinary(),
      spec: specFile('1', stage.folder),
      folder: join(stage.folder, 'nodes'),
      nodes: [{ name: 'watcher', role: 'full' }, gated(service)],
      args: ['--gossip-duration-ms', '200'],
      start: false,
    }),
    (all) => all.close(),
  );
  const [watcher, node] = [network.node('watcher'), network.node(NODE)];
  await watcher.start();
  await allow(service, node, await watcher.rpc.call<string>('chain_getBlockHash', [0]));
  await startReports(services, watcher, stage.folder, (stop) =>
    stage.start(Promise.resolve(), async () => void (await stop())),
  );
  await node.start();
  await watcher.untilFinalised(3);
  const seconds = Math.max(LEAST_SECONDS, options.rounds * options.seconds);
  const bare = await flushBare(stage.folder, seconds);
  const residentMb = node.usage().residentBytes / 2 ** 20;
  const log = node.log();
  await node.stop();
  const kinds = await waitFor('the node writes its times', () => readKinds(node), { timeoutMs: 10_000 });
  // The node goes on as before, and asks the service as before: the least server meets the same machine.
  await node.start();
  await watcher.untilFinalised((await watcher.finalisedNumber()) + 3, 120_000);
  const least = await askLeast(stage, FLUSHED_BYTES, LEAST_SECONDS / 2);
  const discarded = log.split('\n').filter((line) => line.includes('took too long')).length;
  return report({ kinds, bare, least, residentMb, seconds, discarded });
}

function gated(service: ServiceProcess): NodePlan {
  return {
    name: NODE,
    keys: [{ suri: '//Alice' }],
    args: ({ folder }) =>
      [
        ['--force-authoring', '--duty', 'claims', '--duty-node', NODE],
        ['--duty-service', service.url],
        ['--duty-token-file', `${folder}/token`, '--duty-state', `${folder}/gate.json`],
        ['--duty-timing-file', `${folder}/timing.json`],
      ].flat(),
  };
}

async function allow(service: ServiceProcess, node: RunningNode, chain: string): Promise<void> {
  await setUpIdentity(service, {
    chain,
    slotDuty: 'babe',
    slotKey: `0x${devPublicKey('Alice', 'babe')}`,
    grandpaKey: `0x${devPublicKey('Alice', 'gran')}`,
    slotMs: 1_000,
    roster: [{ name: NODE }],
    observers: ['watcher'],
    wire: 'claims',
    confirmation: 'development keys of a chain that was made a moment ago',
  });
  const secret = await makeToken(service, { role: 'node', name: NODE });
  writeFileSync(`${node.folder}/token`, secret, { mode: 0o600 });
}

/**
 * The least that a grant can cost on this disk: as many bytes as it writes, flushed one after the other.
 * Measured in the same seconds, so that a disk that is slow for both is no fault of the gate.
 */
async function flushBare(folder: string, seconds: number): Promise<Latency> {
  const files = FLUSHED_BYTES.map((bytes, index) => ({
    handle: openSync(join(folder, `bare-${index}`), 'w'),
    content: Buffer.alloc(bytes, 1),
  }));
  const taken = collectSamples(1_024);
  const endMs = performance.now() + seconds * 1_000;
  while (performance.now() < endMs) {
    await sleep(FLUSHES_EVERY_MS);
    const beganMs = performance.now();
    for (const { handle, content } of files) {
      // The last one is written in place, as the state file is; the logs grow.
      writeSync(handle, content, 0, content.length, handle === files.at(-1)?.handle ? 0 : null);
      fdatasyncSync(handle);
    }
    taken.add(performance.now() - beganMs);
  }
  for (const { handle } of files) closeSync(handle);
  return taken.latency();
}

function readKinds(node: RunningNode): readonly Kind[] {
  const text = readFileSync(`${node.folder}/timing.json`, 'utf8');
  return (JSON.parse(text) as { kinds: readonly Kind[] }).kinds.filter(({ asked }) => asked > 0);
}

interface Measured {
  readonly kinds: readonly Kind[];
  readonly bare: Latency;
  readonly least: Least;
  readonly residentMb: number;
  readonly seconds: number;
  readonly discarded: number;
}

function report({ kinds, bare, least, residentMb, seconds, discarded }: Measured): Report {
  const p99Ms = (name: string): number =>
    (kinds.find(({ kind }) => kind === name)?.p99Us ?? Number.NaN) / 1_000;
  const toLeast = (name: string, kind: string): Budget =>
    atMost(name, p99Ms(kind) / least.flushed.p99Ms, LIMIT_TO_LEAST, 'x');
  const budgets: readonly Budget[] = [
    toLeast('blockP99ToLeast', 'babe'),
    toLeast('voteP99ToLeast', 'grandpa'),
    atMost('blocksTooLate', discarded, 0, ''),
    atMost('residentMb', residentMb, LIMIT_RESIDENT_MB, 'MB'),
  ];
  const rows = kinds.map(({ kind, asked, granted, p50Us, p99Us, maxUs }) => [
    kind,
    `${asked}`,
    `${granted}`,
    ...[p50Us, p99Us, maxUs].map((us) => figure(us / 1_000, 'ms')),
  ]);
  const heading = [`${seconds} s of a gated validator`, 'asked', 'granted', 'p50', 'p99', 'most'];
  const besides = (name: string, { samples, p50Ms, p99Ms, maxMs }: Latency) => [
    name,
    `${samples}`,
    '',
    ...[p50Ms, p99Ms, maxMs].map((ms) => figure(ms, 'ms')),
  ];
  const ratio = (name: string): number => p99Ms(name) / bare.p99Ms;
  const [blockP99ToFlushes, voteP99ToFlushes] = [ratio('babe'), ratio('grandpa')];
  return {
    figures: {
      seconds,
      kinds,
      bare,
      least,
      blockP99ToFlushes,
      voteP99ToFlushes,
      residentMb,
      discarded,
    },
    budgets,
    lines: [
      ...table([
        heading,
        ...rows,
        besides('three bare flushes', bare),
        besides('least server', least.answered),
        besides('least server, same flushes', least.flushed),
      ]),
      '',
      `p99 of a block is ${figure(blockP99ToFlushes, '')} times, of a vote ${figure(voteP99ToFlushes, '')} times the p99 of three bare flushes`,
    ],
  };
}
