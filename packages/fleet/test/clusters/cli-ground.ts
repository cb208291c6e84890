import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { after } from 'node:test';
import type { Plan } from '@watchbill/fleet/file';
import { listening } from '@watchbill/kit/testing';
import type { ControlPlane } from '@watchbill/testkit/kubernetes';
import { type Io, runCli, systemIo } from 'watchbill';
import { deadline, planeOfFile } from './ground.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface Running {
  readonly ended: Promise<Ran>;
  /** Settles when it has said so, after what was waited for before; rejects where it ends without. */
  says(pattern: RegExp): Promise<void>;
  /** Its clock goes as every clock, and is far ahead from now on: what it waits for now is too late. */
  letTimePass(): void;
}

/** A folder with a network file, and the command in it. */
export interface Bench {
  readonly folder: string;
  write(text: string): void;
  run(...args: readonly string[]): Promise<Ran>;
  /** A command that must end with this code. */
  ends(code: number, ...args: readonly string[]): Promise<Ran>;
  start(...args: readonly string[]): Running;
  /** Runs a command until its time is over, which is so as soon as it says that it waits for this. */
  waitOut(waitsFor: RegExp, ...args: readonly string[]): Promise<Ran>;
  /** `fleet plan --json`. */
  plan(
    ...args: readonly string[]
  ): Promise<{ readonly code: number; readonly plan: Plan; readonly stderr: string }>;
  apply(plan: Plan, ...args: readonly string[]): Promise<Ran>;
  /** Plans and applies; fails where anything is left. */
  settle(...args: readonly string[]): Promise<Plan>;
  journals(): readonly string[];
  close(): void;
}

/** The command in this process: what it prints is kept. */
export function runIn(folder: string, args: readonly string[]): Promise<Ran> {
  return startIn(folder, args).ended;
}

/** Longer than any wait of a command. */
const PASSED_MS = 1e9;

function startIn(folder: string, args: readonly string[]): Running {
  const [out, err, both]: [string[], string[], string[]] = [[], [], []];
  let aheadMs = 0;
  let heard = 0;
  let [hasEnded, tell] = [false, (): void => undefined];
  const system = systemIo();
  const say = (to: string[]) => (text: string) => {
    to.push(text);
    both.push(text);
    tell();
  };
  const clock: Io['clock'] = { ...system.clock, monotonicMs: () => system.clock.monotonicMs() + aheadMs };
  const io: Io = { ...system, clock, cwd: folder, out: say(out), err: say(err) };
  const ended = runCli(args, io)
    .then((code) => ({ code, stdout: out.join(''), stderr: err.join('') }))
    .finally(() => {
      hasEnded = true;
      tell();
    });
  ended.catch(() => undefined);
  return {
    ended,
    says: async (pattern) => {
      const signal = deadline();
      signal.addEventListener('abort', () => tell());
      for (;;) {
        const news = new Promise<void>((resolve) => {
          tell = resolve;
        });
        const at = both.findIndex((text, index) => index >= heard && pattern.test(text));
        if (at >= 0) {
          heard = at + 1;
          return;
        }
        assert.ok(!hasEnded && !signal.aborted, `it never said ${pattern}: ${both.join('')}`);
        await news;
      }
    },
    letTimePass: () => {
      aheadMs += PASSED_MS;
    },
  };
}

export function makeBench(kubeconfigFile: string): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-fleet-'));
  const start = (...args: readonly string[]): Running =>
    startIn(folder, ['fleet', ...args, '--kubeconfig', kubeconfigFile]);
  const run = (...args: readonly string[]): Promise<Ran> => start(...args).ended;
  const ends: Bench['ends'] = async (code, ...args) => {
    const ran = await run(...args);
    assert.equal(ran.code, code, ran.stdout + ran.stderr);
    return ran;
  };
  const plan: Bench['plan'] = async (...args) => {
    const { code, stdout, stderr } = await run('plan', '--first-time', '--json', ...args);
    if (stdout === '') throw new Error(stderr);
    return { code, plan: (JSON.parse(stdout) as { plan: Plan }).plan, stderr };
  };
  const apply: Bench['apply'] = (one, ...args) => run('apply', one.id, ...args);
  return {
    folder,
    write: (text) => writeFileSync(join(folder, 'network.yaml'), text),
    run,
    ends,
    start,
    waitOut: async (waitsFor, ...args) => {
      const running = start(...args);
      await running.says(waitsFor);
      running.letTimePass();
      return running.ended;
    },
    plan,
    apply,
    settle: async (...args) => {
      const made = await plan();
      assert.deepEqual(made.plan.problems, []);
      await ends(0, 'apply', made.plan.id, ...args);
      return made.plan;
    },
    journals: () =>
      readdirSync(join(folder, '.watchbill-fleet/journals')).map((name) =>
        readFileSync(join(folder, '.watchbill-fleet/journals', name), 'utf8'),
      ),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Work in a folder of its own, which is removed after it; `kubeconfigFile` may be that of another user. */
export const benchOn =
  (usual: string) =>
  async (work: (bench: Bench) => Promise<void>, kubeconfigFile = usual): Promise<void> => {
    const bench = makeBench(kubeconfigFile);
    try {
      await work(bench);
    } finally {
      bench.close();
    }
  };

/** A control plane in which one stand-in answers for every pod, and a folder; all end with the test file. */
export async function standInCluster(): Promise<{
  readonly plane: ControlPlane;
  readonly node: StandIn;
  readonly bench: Bench;
}> {
  const node = await standIn();
  after(() => node.close());
  const plane = await planeOfFile({ podPort: node.port });
  const bench = makeBench(plane.kubeconfigFile);
  after(() => bench.close());
  return { plane, node, bench };
}

const DIGEST = 'ab'.repeat(32);

export function image(name: string): string {
  return `registry.invalid/${name}@sha256:${DIGEST}`;
}

export interface NetworkChoice {
  readonly name: string;
  readonly image?: string;
  readonly validators?: number;
  readonly rpc?: number;
}

/** A chain of its own, as a person writes it. */
export function networkFile({
  name,
  image: software = image('node'),
  validators = 2,
  rpc = 3,
}: NetworkChoice): string {
  const pools = [
    ...(validators > 0 ? [`  validators:\n    role: validator\n    count: ${validators}`] : []),
    ...(rpc > 0 ? [`  rpc:\n    role: rpc\n    count: ${rpc}`] : []),
  ];
  return `format: watchbill/network/1
name: ${name}
chain:
  name: westend
clusters:
  east: {}
defaults:
  software:
    image: ${software}
    command: polkadot
    sdk: stable2509
pools:
${pools.join('\n')}
`;
}

/** Writes the specification of a chain beside a network file; what the file says of the chain, as JSON. */
export function writeChain(folder: string, spec: string): string {
  writeFileSync(join(folder, 'chain.json'), spec);
  const sha256 = createHash('sha256').update(spec).digest('hex');
  return JSON.stringify({ spec: { file: 'chain.json', sha256 } });
}

/** What stands for the RPC and the metrics of every node: pods of a test run nothing. */
export interface StandIn {
  readonly port: number;
  health: { peers: number; isSyncing: boolean; shouldHavePeers: boolean };
  /** What they say of their chain; a runtime without validators. */
  chain: { best: number; finalised: number; specVersion: number; failedCalls: number };
  close(): void;
}

export async function standIn(): Promise<StandIn> {
  const health = { peers: 3, isSyncing: false, shouldHavePeers: true };
  const chain = { best: 100, finalised: 98, specVersion: 1, failedCalls: 0 };
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') return response.end(metricsOf(own));
    const asked = (await json(request)) as { id: unknown; method: string; params: unknown[] };
    response.setHeader('content-type', 'application/json');
    return response.end(JSON.stringify({ jsonrpc: '2.0', id: asked.id, result: answerOf(own, asked) }));
  });
  const ends: (() => void)[] = [];
  const port = await listening(server, { after: (work) => void ends.push(work) });
  const close = (): void => {
    for (const end of ends) end();
  };
  const own: StandIn = { port, health, chain, close };
  return own;
}

const FINAL = `0x${'ff'.repeat(32)}`;

function answerOf(
  { health, chain }: StandIn,
  { method, params }: { readonly method: string; readonly params: readonly unknown[] },
): unknown {
  switch (method) {
    case 'chain_getFinalizedHead':
      return FINAL;
    case 'chain_getBlockHash':
      return `0x${'be'.repeat(32)}`;
    case 'chain_getHeader':
      return {
        number: `0x${(params[0] === FINAL ? chain.finalised : chain.best).toString(16)}`,
        parentHash: `0x${'00'.repeat(32)}`,
        digest: { logs: [] },
      };
    case 'state_getRuntimeVersion':
      return { specName: 'stand-in', specVersion: chain.specVersion, transactionVersion: 1, apis: [] };
    case 'system_version':
      return '1.0.0';
    case 'state_getKeysPaged':
      return [];
    case 'state_getStorage':
      return null;
    default:
      return health;
  }
}

function metricsOf({ chain }: StandIn): string {
  return [
    '# TYPE substrate_rpc_calls_finished counter',
    `substrate_rpc_calls_finished{is_error="false",method="x",protocol="http"} 100`,
    `substrate_rpc_calls_finished{is_error="true",method="x",protocol="http"} ${chain.failedCalls}`,
    '',
  ].join('\n');
}

/** Names of the pods of a namespace, with the image that each runs. */
export async function imagesOf(
  plane: ControlPlane,
  namespace: string,
): Promise<Readonly<Record<string, string>>> {
  const { body } = await plane.request('GET', `/api/v1/namespaces/${namespace}/pods`);
  const pods = (
    body as { items: { metadata: { name: string }; spec: { containers: { image: string }[] } }[] }
  ).items;
  return Object.fromEntries(
    pods.map(({ metadata, spec }) => [metadata.name, spec.containers[0]?.image ?? '']),
  );
}
