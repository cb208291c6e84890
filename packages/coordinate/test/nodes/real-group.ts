import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { devKey, freePorts, type RunningNode, waitFor } from '@watchbill/testkit';
import { coordinate } from '../process.ts';
import { addressOf, newChain } from './chain.ts';
import { editFile, type Operator, operatorAt } from './operator.ts';

export const NAMES = ['one', 'two', 'three', 'four'] as const;

/** Blocks: a window is active for 12 of 20, and what it agreed on has 32 from its first block on. */
export const WINDOWS = { frequency: 20, rank: 3, ranks: 3, certificate: 3 } as const;
export const LEASE_BLOCKS = 32;
export const ACTIVE_BLOCKS = WINDOWS.ranks * WINDOWS.rank + WINDOWS.certificate;
/** Time for a veto: no member submits a call in these first blocks of its lease. */
const HOLD_BLOCKS = 8;

/** The account that the group uses; all submitters hold its key. */
const ACCOUNT = 'Bob';
/** Its mini-secret, as `key inspect //Bob` prints it; known to everyone. */
const ACCOUNT_SECRET = '398f0c28f98885e046333d4a41c19cee4c37368a9832c6502f6cfd182e2aef89';

const WAIT_MS = 240_000;

/** A chain of real nodes and a group of four operators, each with a process of its own. */
export type RealGroup = Awaited<ReturnType<typeof startRealGroup>>;

/** Everything made and running. */
export async function startRealGroup() {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-real-'));
  const chain = await newChain(folder);
  const nodes = chain.nodes();
  const operators: Operator[] = [];
  const tails = (): string => tailsOf(operators, nodes);
  const close = async (): Promise<void> => {
    await Promise.all(operators.map(({ kill }) => kill()));
    await chain.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    operators.push(...(await operatorsOn(folder, nodes)));
    const lines = await Promise.all(operators.map(initialised));
    await chain.startAll();
    await makeGroup(folder, operators, lines);
    for (const each of operators) each.start();
  } catch (error) {
    const log = tails();
    await close();
    throw new Error(`the group could not start\n${log}`, { cause: error });
  }
  const [node] = nodes;
  if (node === undefined) throw new Error('a chain has nodes');
  return {
    node,
    account: account(),
    operators,
    operator: (name: string): Operator => {
      const found = operators.find((each) => each.name === name);
      if (found === undefined) throw new Error(`there is no operator ${name}`);
      return found;
    },
    /** Waits for what can be observed; rejects also where a process ends that should run. */
    until: <T>(
      what: string,
      ask: () => T | undefined | false | Promise<T | undefined | false>,
    ): Promise<T> => {
      const lost = (): readonly string[] =>
        operators.filter(({ isLost }) => isLost()).map(({ name }) => name);
      return untilUnlessLost(what, ask, lost);
    },
    /** Last lines of all processes. */
    tails,
    close,
  };
}

function tailsOf(operators: readonly Operator[], nodes: readonly RunningNode[]): string {
  return [
    ...operators.map(({ name, tail }) => [name, tail()]),
    ...nodes.map(({ name, log }) => [`node ${name}`, log().trim().split('\n').slice(-15).join('\n')]),
  ]
    .map(([name, text]) => `--- ${name}\n${text}`)
    .join('\n');
}

async function untilUnlessLost<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  lost: () => readonly string[],
): Promise<T> {
  const look = async () => {
    const [name] = lost();
    if (name !== undefined) return { name };
    const answer = await ask();
    return answer !== undefined && answer !== false && { answer };
  };
  const seen = await waitFor(what, look, { timeoutMs: WAIT_MS, everyMs: 100 });
  if ('name' in seen) throw new Error(`${what}: ${seen.name} ended`);
  return seen.answer;
}

function account(): Uint8Array {
  return Uint8Array.from(Buffer.from(devKey(ACCOUNT).sr25519, 'hex'));
}

/** Two of them share a node. */
async function operatorsOn(folder: string, nodes: readonly RunningNode[]): Promise<readonly Operator[]> {
  const ports = await freePorts(2 * NAMES.length);
  return NAMES.map((name, seat) =>
    operatorAt({
      name,
      folder: join(folder, name),
      listen: `/ip4/127.0.0.1/tcp/${ports[2 * seat]}`,
      httpPort: ports[2 * seat + 1] ?? 0,
      chainUrl: nodes[seat % nodes.length]?.wsUrl ?? '',
    }),
  );
}

/** One makes the file, all join. */
async function makeGroup(
  folder: string,
  operators: readonly Operator[],
  lines: readonly string[],
): Promise<void> {
  const file = join(folder, 'group.yaml');
  await done(
    folder,
    ...['group', 'create', '--name', 'demo', '--resource', 'account', '--out', file],
    ...['--chain', operators[0]?.chainUrl ?? ''],
    ...['--frequency-blocks', `${WINDOWS.frequency}`, '--rank-blocks', `${WINDOWS.rank}`],
    ...['--rank-count', `${WINDOWS.ranks}`, '--certificate-blocks', `${WINDOWS.certificate}`],
    ...lines.flatMap((line) => ['--member', line]),
  );
  writeAgenda(file);
  await Promise.all(operators.map(({ config }) => done(folder, 'group', 'join', file, '--config', config)));
}

/** Answers the line that its operator sends to whoever makes the group. */
async function initialised(operator: Operator): Promise<string> {
  const { name, folder, listen, chainUrl, httpPort, config } = operator;
  const made = await done(
    folder,
    ...['init', '--json', '--dir', folder, '--name', name],
    ...['--listen', listen, '--chain', chainUrl],
  );
  const submitKey = join(folder, 'account.key');
  writeFileSync(submitKey, `sr25519 0x${ACCOUNT_SECRET}\n`, { mode: 0o600 });
  const settings = JSON.stringify({ queue: join(folder, 'queue'), submitKey });
  editFile(config, { 'port: 8460': `port: ${httpPort}`, 'actions: {}': `actions:\n  call: ${settings}` });
  return (JSON.parse(made) as { readonly member: string }).member;
}

/** The call first, and a drill where there is none; a submitter waits one block for the one before it. */
function writeAgenda(groupFile: string): void {
  const parameters = JSON.stringify({
    account: addressOf(account()),
    allowed: ['Balances.transfer_keep_alive'],
    maxBytes: 100,
    holdBlocks: HOLD_BLOCKS,
  });
  const call = `- { action: call, every: 1, validityBlocks: ${LEASE_BLOCKS - ACTIVE_BLOCKS}, parameters: ${parameters} }`;
  editFile(groupFile, {
    'stageBlocks: 5': 'stageBlocks: 1',
    'agenda:\n': `agenda:\n      ${call}\n`,
    'validityBlocks: 50\n        parameters: {}': 'validityBlocks: 4\n        parameters: { waitBlocks: 1 }',
  });
}

async function done(cwd: string, ...args: readonly string[]): Promise<string> {
  mkdirSync(cwd, { recursive: true });
  const ran = await coordinate(cwd, ...args);
  if (ran.code !== 0) throw new Error(`coordinate ${args[0]} ended with ${ran.code}: ${ran.errors}`);
  return ran.out;
}
