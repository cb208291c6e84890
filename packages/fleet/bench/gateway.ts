import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningNode, startNodeNetwork } from '@watchbill/testkit';
import { type Asked, type OpenLoop, startOpenLoop } from '@watchbill/testkit/bench/open-loop';
import type { Options } from '@watchbill/testkit/bench/options';
import { stolenUs, used, usedByAll } from '@watchbill/testkit/bench/processor';
import type { Report } from '@watchbill/testkit/bench/report';
import { inTurn } from '@watchbill/testkit/bench/rounds';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { type GatewayProcess, startGateway, startLeast } from './gateway/process.ts';
import { type Round, reportGateway, type Side } from './gateway/report.ts';

const RATE = 2_000;
const CONNECTIONS = 64;
const IDLE_SECONDS = 5;
/**
 * Code is compiled, and connections are opened, before anything counts: once for each side, and in each
 * round.
 */
const FIRST_SECONDS = 6;
const WARM_UP = RATE / 2;
const BODY = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'chain_getBlockHash', params: [0] });
const MARK = '"result":"0x';

/** A real node asked 2,000 times a second in an open loop, by itself and through the gateway, in turns. */
export async function measureGateway(stage: Stage, options: Options): Promise<Report> {
  const load = await startOpenLoop(stage);
  const node = await startNode(stage);
  const name = options.bench === 'gateway-least' ? 'least' : 'gateway';
  const gateway =
    name === 'least' ? await startLeast(stage, portOf(node)) : await startGateway(stage, node.wsUrl);
  const idleBefore = await load.idle(RATE, RATE * IDLE_SECONDS);
  const stolenBefore = stolenUs();
  const bare = () => side(load, node, null, options.seconds);
  const through = () => side(load, node, gateway, options.seconds);
  await inTurn(
    1,
    () => side(load, node, null, FIRST_SECONDS),
    () => side(load, node, gateway, FIRST_SECONDS),
  );
  const rounds: readonly Round[] = (await inTurn(options.rounds, bare, through)).map(({ first, second }) => ({
    bare: first,
    through: second,
  }));
  const stolenMs = (stolenUs() - stolenBefore) / 1_000;
  const idleAfter = await load.idle(RATE, RATE * IDLE_SECONDS);
  return reportGateway({ name, rounds, idleBefore, idleAfter, stolenMs, seconds: options.seconds });
}

async function startNode(stage: Stage): Promise<RunningNode> {
  mkdirSync(join(stage.folder, 'nodes'), { recursive: true });
  const network = await stage.start(
    startNodeNetwork({
      binary: nodeBinary(),
      spec: specFile('1', stage.folder),
      folder: join(stage.folder, 'nodes'),
      nodes: [{ name: 'alice', keys: [{ suri: '//Alice' }] }],
      args: ['--rpc-max-connections', '4096'],
    }),
    (all) => all.close(),
  );
  const node = network.node('alice');
  await node.untilFinalised(2);
  return node;
}

const portOf = (node: RunningNode): number => Number(new URL(node.rpcUrl).port);

/** One round of one side; without a gateway the node is asked itself. */
async function side(
  load: OpenLoop,
  node: RunningNode,
  gateway: GatewayProcess | null,
  seconds: number,
): Promise<Side> {
  const count = RATE * seconds;
  const port = gateway?.port ?? portOf(node);
  const pids = { node: node.pid() ?? 0, ...gateway?.pids };
  const before = Object.entries(pids).map(([name, pid]) => [name, used(pid)] as const);
  const loadBefore = usedByAll(load.pid);
  const plan = {
    port,
    namedPort: portOf(node),
    connections: CONNECTIONS,
    perSecond: RATE,
    warmUp: WARM_UP,
    count,
  };
  const asked: Asked = await load.ask({ ...plan, body: BODY, mark: MARK });
  const perRequest = (us: number) => us / (count + WARM_UP);
  const processor = before.map(([name, { ranUs, waitedUs }]) => {
    const now = used(pids[name as keyof typeof pids] ?? 0);
    return [name, { ranUs: perRequest(now.ranUs - ranUs), waitedUs: perRequest(now.waitedUs - waitedUs) }];
  });
  return {
    ...asked,
    loadUs: perRequest(usedByAll(load.pid) - loadBefore),
    processor: Object.fromEntries(processor),
  };
}
