import { createHash } from 'node:crypto';
import { type Bridge, bridge as newBridge, type Wallet } from './bridge.ts';
import type { World } from './executor.ts';
import { addressOf, ERAS, OPERATORS, type OperatorName, THRESHOLD, walletNamed } from './group.ts';
import { hostChain } from './host-chain.ts';
import { type Ledger, ledger as newLedger } from './ledger.ts';
import { loopback } from './loopback.ts';
import { runOperator } from './operator.ts';
import type { WalletRecords } from './records.ts';
import { signingOn } from './signing.ts';
import { MAX_FEE_EACH } from './validator.ts';

export interface ScenarioOptions {
  readonly windows: number;
  /** Another one has other block hashes, so other leaders and heartbeats. */
  readonly seed: string;
}

/** All that is left when it is over. */
export interface Story {
  readonly wallets: readonly Wallet[];
  readonly ledger: Ledger;
  readonly bridge: Bridge;
  /** By operator, then by wallet. */
  readonly records: ReadonlyMap<OperatorName, ReadonlyMap<string, WalletRecords>>;
}

/** One operator: whether its process runs, its signer works, and whether it is honest about fees. */
interface Actor {
  readonly name: OperatorName;
  readonly records: Map<string, WalletRecords>;
  signs: boolean;
  greedy: boolean;
  stop: (() => Promise<void>) | null;
}

/** Everything that a script may do to the world. */
export interface Stage {
  readonly wallets: readonly Wallet[];
  register(name: string): Wallet;
  deposit(wallet: Wallet, amount: bigint): void;
  redeem(wallet: Wallet, amount: bigint): void;
  signers(names: readonly OperatorName[], areFit: boolean): void;
  greedy(name: OperatorName, isGreedy: boolean): void;
  stop(names: readonly OperatorName[]): Promise<void>;
  start(names: readonly OperatorName[]): void;
}

export type Script = (stage: Stage, window: number) => void | Promise<void>;

/** Windows of RFC 12 begin every 900 blocks. The chain moves in strides, as for a node that polls. */
const WINDOW_BLOCKS = 900;
const STRIDE = 20;

/** Runs all operators in this process through so many windows; the script acts shortly before each of them. */
export async function runScenario({ windows, seed }: ScenarioOptions, script: Script): Promise<Story> {
  const chain = hostChain(seed);
  const ledger = newLedger(THRESHOLD);
  const bridge = newBridge(ledger, THRESHOLD);
  const network = loopback();
  const world: World = { chain, ledger, bridge, signing: signingOn(chain, THRESHOLD) };
  const actors = OPERATORS.map(
    (name): Actor => ({ name, records: new Map(), signs: true, greedy: false, stop: null }),
  );
  let events = 0;
  const start = (actor: Actor): void => {
    const stop = new AbortController();
    const ended = runOperator(
      {
        operator: addressOf(actor.name),
        world,
        network,
        eras: ERAS,
        records: actor.records,
        canSign: () => actor.signs,
        feeEach: () => (actor.greedy ? MAX_FEE_EACH + 1n : MAX_FEE_EACH / 4n),
        tell: () => {
          events += 1;
        },
      },
      stop.signal,
    );
    actor.stop = () => {
      stop.abort();
      return ended;
    };
  };
  const stop = async (actor: Actor): Promise<void> => {
    await actor.stop?.();
    actor.stop = null;
  };
  const settled = () => quiet(() => events + network.delivered());
  const stage = stageOf(world, actors, start, stop);

  for (const actor of actors) start(actor);
  chain.mine(BigInt(WINDOW_BLOCKS - STRIDE) - chain.height());
  await settled();
  for (let window = 1; window <= windows; window++) {
    await script(stage, window);
    for (let block = 0; block < WINDOW_BLOCKS; block += STRIDE) {
      chain.mine(BigInt(STRIDE));
      await settled();
    }
  }
  await Promise.all(actors.map(stop));
  const records = new Map(actors.map((actor) => [actor.name, actor.records]));
  return { wallets: bridge.wallets(), ledger, bridge, records };
}

function stageOf(
  { bridge, chain, ledger }: World,
  actors: readonly Actor[],
  start: (actor: Actor) => void,
  stop: (actor: Actor) => Promise<void>,
): Stage {
  let redeemers = 0;
  const those = (names: readonly OperatorName[]) => actors.filter(({ name }) => names.includes(name));
  return {
    get wallets() {
      return bridge.wallets();
    },
    register: (name) => {
      const wallet = walletNamed(name);
      bridge.register(wallet);
      return wallet;
    },
    deposit: (wallet, amount) => {
      const coin = ledger.fund({ script: wallet.id, amount });
      bridge.reveal({ coin, revealBlock: chain.height() });
    },
    redeem: (wallet, amount) => {
      redeemers += 1;
      const script = createHash('sha256').update(`redeemer ${redeemers}`).digest('hex').slice(0, 44);
      bridge.request({ wallet: wallet.id, script, amount });
    },
    signers: (names, areFit) => {
      for (const actor of those(names)) actor.signs = areFit;
    },
    greedy: (name, isGreedy) => {
      for (const actor of those([name])) actor.greedy = isGreedy;
    },
    stop: async (names) => {
      await Promise.all(those(names).map(stop));
    },
    start: (names) => {
      for (const actor of those(names)) if (actor.stop === null) start(actor);
    },
  };
}

/** Resolves after a few quiet turns of the loop: all is in memory, so no step waits for the outside. */
async function quiet(happened: () => number): Promise<void> {
  for (let turns = 0, before = happened(); turns < 3; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (happened() !== before) turns = -1;
    before = happened();
  }
}
