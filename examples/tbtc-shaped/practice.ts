// The programs of `watchbill coordinate run --profile rfc12` for a practice wallet: node practice.ts
// generate|execute FOLDER. They read one line of JSON. FOLDER/requests.json has the deposits and
// redemptions; each executed action becomes FOLDER/taken/WINDOW.json.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ActionName,
  decodePayload,
  encodePayload,
  generateProposal,
  type Proposal,
} from '@watchbill/coordinate';
import { type Bridge, bridge as newBridge, type Wallet } from './bridge.ts';
import { type HostChain, hostChain } from './host-chain.ts';
import { type Hex, hashOf, type Ledger, ledger as newLedger, type Transaction } from './ledger.ts';
import { FEE_EACH, walletTasks } from './tasks.ts';
import { type Judged, validatorOf } from './validator.ts';

/** `requests.json`: amounts in satoshi, as decimal text. */
interface Requests {
  readonly deposits: readonly { readonly amount: string; readonly revealBlock: string }[];
  readonly redemptions: readonly { readonly script: Hex; readonly amount: string }[];
}

interface Question {
  readonly checklist: readonly ActionName[];
  readonly operator: string;
  readonly height: string;
}

interface Order {
  readonly action: ActionName;
  readonly payload: Hex;
  readonly window: string;
  readonly startBlock: string;
}

interface Practice {
  readonly wallet: Wallet;
  readonly chain: HostChain;
  readonly bridge: Bridge;
  readonly ledger: Ledger;
}

const REFUSED = 3;
/**
 * The wallet of the folder; its key hash is not part of the requests, so any wallet can practise with them.
 */
const WALLET = 'aa'.repeat(20);

const [command, folder = '.'] = process.argv.slice(2);
const input: unknown = JSON.parse(readFileSync(0, 'utf8'));
const output = command === 'generate' ? await generate(input as Question) : execute(input as Order);
process.stdout.write(`${output}\n`);

/** The most urgent work, or null: there is none. */
async function generate({ checklist, height, operator }: Question): Promise<string> {
  const { bridge, chain, wallet } = practice(BigInt(height));
  const tasks = walletTasks(chain, bridge, wallet, FEE_EACH);
  const proposal = await generateProposal(tasks, { ...wallet.group, operator, checklist });
  if (proposal.action === 'noop') return 'null';
  const payload = Buffer.from(encodePayload(proposal)).toString('hex');
  return JSON.stringify({ action: proposal.action, payload });
}

/**
 * Judges an agreed action, and records its transaction once, whichever operator comes first. Nothing is
 * signed.
 */
function execute({ action, payload, startBlock, window }: Order): string {
  const read = decodePayload(action, Buffer.from(payload, 'hex'));
  if (!read.ok) return refuse(read.refusal);
  const file = join(folder, 'taken', `${window}.json`);
  const judged = judgedBy(practice(BigInt(startBlock), BigInt(window)), read.value);
  if (judged === null) return `a ${action} moves nothing`;
  if (!judged.ok) return refuse(judged.why);
  const transaction: Transaction = { ...judged.transaction, seats: [] };
  const name = hashOf(transaction).slice(0, 8);
  try {
    mkdirSync(join(folder, 'taken'), { recursive: true });
    writeFileSync(file, JSON.stringify(transaction, asText), { flag: 'wx' });
    return `recorded ${name}, without signatures`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return `${name} was recorded by another operator`;
    throw error;
  }
}

function judgedBy({ bridge, chain, wallet }: Practice, proposal: Proposal): Judged | null {
  const validator = validatorOf(chain, bridge, wallet);
  if (proposal.action === 'deposit-sweep') return validator.sweep(proposal);
  if (proposal.action === 'redemption') return validator.redemption(proposal);
  if (proposal.action !== 'heartbeat') return { ok: false, why: `a ${proposal.action} is never run here` };
  const why = validator.heartbeat(proposal);
  return why === null ? null : { ok: false, why };
}

function refuse(why: string): string {
  process.stderr.write(`${why}\n`);
  process.exit(REFUSED);
}

/** The wallet as the files of the folder describe it, before the action of a window. */
function practice(height: bigint, before?: bigint): Practice {
  const chain = hostChain('practice');
  chain.mine(height);
  const ledger = newLedger(0);
  const bridge = newBridge(ledger, 0);
  const group = { keyHash: Buffer.from(WALLET, 'hex'), operators: ['practice'] };
  const wallet = { id: WALLET, name: 'practice', group };
  bridge.register(wallet);
  const requests = JSON.parse(readFileSync(join(folder, 'requests.json'), 'utf8')) as Requests;
  for (const { amount, revealBlock } of requests.deposits) {
    const coin = ledger.fund({ script: WALLET, amount: BigInt(amount) });
    bridge.reveal({ coin, revealBlock: BigInt(revealBlock) });
  }
  for (const { amount, script } of requests.redemptions)
    bridge.request({ wallet: WALLET, script, amount: BigInt(amount) });
  for (const transaction of taken(before)) ledger.submit(transaction);
  return { wallet, chain, bridge, ledger };
}

/** The transactions of earlier windows, in their order. */
function taken(before: bigint | undefined): readonly Transaction[] {
  const path = join(folder, 'taken');
  mkdirSync(path, { recursive: true });
  const windows = readdirSync(path).map((name) => BigInt(name.replace('.json', '')));
  return windows
    .filter((window) => before === undefined || window < before)
    .toSorted((a, b) => Number(a - b))
    .map((window) => JSON.parse(readFileSync(join(path, `${window}.json`), 'utf8'), asAmount) as Transaction);
}

function asText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value;
}

function asAmount(key: string, value: unknown): unknown {
  return key === 'amount' && typeof value === 'string' ? BigInt(value) : value;
}
