import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '@watchbill/kit';
import { createVirtualClock } from '@watchbill/kit/testing';
import { Kysely } from 'kysely';
import { intentRows } from '../../../storage/intents/intents.ts';
import { intentQueries } from '../../../storage/intents/queries.ts';
import { migrate } from '../../../storage/migrate.ts';
import { nodeSqliteDialect } from '../../../storage/sqlite-dialect.ts';
import type { Tables } from '../../../storage/tables.ts';
import { type Intent, makeIntent } from '../../intent.ts';
import type { VerdictAnswer } from '../../machine/events.ts';
import { MACHINE_RULES, type MachineRules } from '../../machine/rules.ts';
import type { TransactionSigner } from '../../signers/port.ts';
import { decodeState, type IntentState, shownState } from '../../state.ts';
import type { IntentQueries, IntentStore } from '../../store/port.ts';
import { ANSWER_LIMITS } from '../answer.ts';
import { commandIntent } from '../manage.ts';
import { type RunnerParts, type TransactionEvent, transactionRunner } from '../run.ts';
import type { TransactionCrypto } from '../runner-ports.ts';
import { fakeHash, fakeSignature } from './fake-bytes.ts';
import { FAKE_GENESIS, type FakeChain, type FakeLanding, fakeChain } from './fake-chain.ts';
import { type FakeNode, fakeNode } from './fake-node.ts';

export const key = (name: string): string => fakeHash(`key ${name}`);
export const STASH = key('stash');
export const SIGNER = key('signer');
export const TARGETS = ['a', 'b', 'c'].map(key);

export const FAKE_CRYPTO: TransactionCrypto = {
  hash256: fakeHash,
  verify: (_scheme, account, message, signature) => signature === fakeSignature(account, message),
};

export const FAST_RULES: MachineRules = {
  ...MACHINE_RULES,
  period: 8,
  pauseBlocks: 1n,
  longestPauseBlocks: 4n,
  resendBlocks: 2n,
  maxLooks: 4,
};

export function intentOf(parts: Partial<Omit<Intent, 'id'>> = {}): Intent {
  const way = parts.way ?? 'proxy';
  return makeIntent({
    nominator: STASH,
    real: STASH,
    signer: way === 'direct' ? (parts.real ?? STASH) : SIGNER,
    way,
    call: 'nominate',
    era: 7,
    round: 'round 7',
    targets: TARGETS,
    fromHeight: 101n,
    deadlineRelay: 1_000_500n,
    sinceEra: parts.call === 'chill' ? 7 : 0,
    forEra: 8,
    ...parts,
  });
}

/** Every target of a nomination passes, and no target of a chill. */
export function honestVerdict(targets: readonly string[], { call }: Intent): VerdictAnswer {
  return { result: 'judged', keep: call === 'chill' ? [] : targets, dropped: [] };
}

/** The accounts nominate {@link TARGETS} from before the round. */
export function nominate({ chain }: FakeProgramme, accounts: readonly string[] = [STASH]): void {
  const before = { targets: TARGETS, submittedIn: 6 };
  chain.change((state) => accounts.forEach((each) => void state.nominations.set(each, before)));
  chain.grow();
}

/** The extrinsics in final blocks that made the call of the intent. */
export function nominationsOf({ chain }: FakeProgramme, intent: Intent): readonly FakeLanding[] {
  const final = chain.finalised().height;
  const blocks = chain.blocks().filter(({ height }) => height <= final);
  return blocks.flatMap(({ landings }) => landings.filter((one) => isNominationOf(intent, one)));
}

function isNominationOf({ real, call: wanted }: Intent, { call, account, dispatch }: FakeLanding): boolean {
  if (call === null || dispatch.result !== 'ok') return false;
  if (call.call === 'nominate' || call.call === 'chill') return call.call === wanted && account === real;
  return (
    (call.call === 'proxy' || call.call === 'execute') && call.inner.call === wanted && call.real === real
  );
}

export type FakeSigner = TransactionSigner & {
  answer: 'sign' | 'wait' | 'refuse' | 'wrong';
  readonly asked: string[];
};

export function fakeSigner(account: string): FakeSigner {
  const signer: FakeSigner = {
    account,
    scheme: 'sr25519',
    answer: 'sign',
    asked: [],
    sign: async ({ message, payload }) => {
      signer.asked.push(payload);
      if (signer.answer === 'wait') return { result: 'waiting', why: 'the signer has not signed' };
      if (signer.answer === 'refuse') return { result: 'refused', why: 'not by me' };
      const over = signer.answer === 'wrong' ? `${message}00` : message;
      return { result: 'signature', signature: fakeSignature(account, over) };
    },
  };
  return signer;
}

/** A process that died. */
export class FakeDeath extends Error {}

/** Counts down to the death of a process. */
function countdown() {
  let left = Number.POSITIVE_INFINITY;
  return {
    /** It dies in so many steps. */
    after: (steps: number): void => {
      left = steps;
    },
    step: (): void => {
      left -= 1;
      if (left <= 0) throw new FakeDeath('the process died');
    },
  };
}

async function diesIn(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if (!(error instanceof FakeDeath)) throw error;
    return true;
  }
}

/** The SQL of the tables, made once by the migrations and shared by all programmes here. */
const SCHEMA = await schema();

async function schema(): Promise<string> {
  const raw = new DatabaseSync(':memory:');
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(raw) });
  await migrate(db, 'sqlite');
  const made = raw.prepare(
    "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'",
  );
  const statements = made.all().map(({ sql }) => `${sql};`);
  await db.destroy();
  return statements.join('\n');
}

/** The real store in memory, and direct access to its database. */
function fakeDatabase(): { readonly raw: DatabaseSync; readonly store: IntentStore & IntentQueries } {
  const raw = new DatabaseSync(':memory:');
  raw.exec(`PRAGMA foreign_keys = ON; ${SCHEMA}`);
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(raw) });
  const engine = { kind: 'sqlite', db, nowMs: () => 1 } as const;
  return { raw, store: { ...intentRows(engine), ...intentQueries(engine) } };
}

export interface FakeProgramme {
  readonly chain: FakeChain;
  readonly node: FakeNode;
  readonly store: IntentStore & IntentQueries;
  readonly parts: RunnerParts & { readonly clock: Pick<Clock, 'nowMs'> };
  readonly signers: ReadonlyMap<string, FakeSigner>;
  /** That of {@link SIGNER}. */
  readonly signer: FakeSigner;
  readonly told: TransactionEvent[];
  verdict: (targets: readonly string[], intent: Intent) => VerdictAnswer;
  /** Advances by so many blocks, with a turn after each. */
  pass(blocks: number, unfinal?: number): Promise<void>;
  /** Advances by so many blocks, after which the intent has ended for this reason; null if it has not. */
  endsIn(blocks: number, intent: Intent, reason: string | null): Promise<void>;
  /** Advances by so many blocks, after which the intent is shown in this state. */
  showsIn(blocks: number, intent: Intent, state: string): Promise<void>;
  /** One turn on the current chain; true if the process died in it. */
  turn(): Promise<boolean>;
  /** Dies after so many further actions or answers. */
  dieAfter(steps: number): void;
  /** Loses its memory. */
  restart(): void;
  /** A command of a person. */
  command(intent: Intent, command: Parameters<typeof commandIntent>[3]): ReturnType<typeof commandIntent>;
  state(intent: Intent): IntentState;
  shown(intent: Intent): string;
  /** The reason of its end. */
  end(intent: Intent): string | null;
}

export interface FakeProgrammeSetting {
  readonly delay?: bigint;
  readonly proxyType?: string;
  readonly rules?: Partial<MachineRules>;
  readonly accounts?: readonly string[];
}

export function fakeProgramme(setting: FakeProgrammeSetting = {}): FakeProgramme {
  const { rules = {}, accounts = [STASH] } = setting;
  const chain = chainWith(setting, accounts);
  const node = fakeNode(chain);
  const { raw, store } = fakeDatabase();
  const signer = fakeSigner(SIGNER);
  const signers = new Map([...accounts.map(fakeSigner), signer].map((each) => [each.account, each]));
  const told: TransactionEvent[] = [];
  const death = countdown();
  const parts: FakeProgramme['parts'] = {
    store,
    chain: node,
    crypto: FAKE_CRYPTO,
    genesis: FAKE_GENESIS,
    signers,
    judge: async (intent, targets) => programme.verdict(targets, intent),
    // A hanging node costs no real time: a deadline passes as soon as all else is idle.
    clock: createVirtualClock({ flowing: true }),
    limits: ANSWER_LIMITS,
    rules: { ...FAST_RULES, ...rules },
    tell: (event) => {
      told.push(event);
      death.step();
    },
  };
  let runner = transactionRunner(parts);
  const restart = () => {
    death.after(Number.POSITIVE_INFINITY);
    runner = transactionRunner(parts);
  };
  const programme: FakeProgramme = {
    chain,
    node,
    store,
    parts,
    signers,
    signer,
    told,
    verdict: honestVerdict,
    turn: async () => {
      const died = await diesIn(() => runner.turn(new AbortController().signal));
      if (died) restart();
      return died;
    },
    pass: async (blocks, unfinal = 0) => {
      for (let block = 0; block < blocks; block += 1) {
        chain.grow(unfinal);
        await programme.turn();
      }
    },
    ...later(() => programme),
    dieAfter: death.after,
    restart,
    command: ({ id }, command) => commandIntent(store, parts.rules, id, command),
    state: (intent) => storedState(raw, intent),
    shown: (intent) => shownState(storedState(raw, intent)),
    end: (intent) => storedState(raw, intent).ending?.reason ?? null,
  };
  return programme;
}

/** The assertions about an intent after some blocks. */
function later(programme: () => FakeProgramme): Pick<FakeProgramme, 'endsIn' | 'showsIn'> {
  return {
    endsIn: async (blocks, intent, reason) => {
      await programme().pass(blocks);
      assert.equal(programme().end(intent), reason);
    },
    showsIn: async (blocks, intent, state) => {
      await programme().pass(blocks);
      assert.equal(programme().shown(intent), state);
    },
  };
}

/** A programme with one intent in its store. */
export async function programmeWithIntent(
  setting: FakeProgrammeSetting = {},
  parts: Parameters<typeof intentOf>[0] = {},
) {
  const programme = fakeProgramme(setting);
  const intent = intentOf(parts);
  await programme.store.add(intent);
  return { programme, intent };
}

/** A chain on which the accounts have money, and a proxy. */
function chainWith(
  { delay = 0n, proxyType = 'Staking' }: FakeProgrammeSetting,
  accounts: readonly string[],
): FakeChain {
  const chain = fakeChain();
  chain.change((state) => {
    for (const account of [...accounts, SIGNER]) state.spendable.set(account, 10_000n);
    for (const real of accounts) state.proxies.set(real, [{ delegate: SIGNER, type: proxyType, delay }]);
  });
  chain.grow();
  return chain;
}

function storedState(raw: DatabaseSync, { id }: Intent): IntentState {
  const row = raw.prepare('SELECT body FROM intents WHERE id = ?').get(id);
  if (row === undefined) throw new Error(`there is no intent ${id}`);
  return decodeState(String(row.body));
}
