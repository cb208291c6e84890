import type { ControlledNode, LocalControl } from './control.ts';
import type { LocalFolder } from './folder.ts';
import type { Keeper } from './keeper.ts';
import type { LocalNode, LocalSeat } from './layout.ts';
import { LocalFault } from './local-fault.ts';
import { binaryOf } from './prepare.ts';
import { checkedProgram } from './program.ts';

export interface KeptNode {
  readonly node: LocalNode;
  readonly keeper: Keeper;
}

/** The control of the nodes that this process keeps: for each node one thing after the other. */
export function handsOn(
  folder: LocalFolder,
  kept: readonly KeptNode[],
  seat: (name: string) => LocalSeat,
  chain: string,
): LocalControl {
  const turns = new Map<string, Promise<unknown>>();
  const inTurn = <T>(name: string, work: (one: KeptNode) => Promise<T>): Promise<T> => {
    const one = kept.find(({ node }) => node.name === name);
    if (one === undefined)
      return Promise.reject(
        new LocalFault(
          'request',
          `there is no node ${name}`,
          `one of ${kept.map(({ node }) => node.name).join(', ')}`,
        ),
      );
    const mine = (turns.get(name) ?? Promise.resolve()).then(() => work(one));
    turns.set(
      name,
      mine.catch(() => {}),
    );
    return mine;
  };
  return {
    nodes: async () => kept.map((one) => seen(one, folder, seat(one.node.name), chain)),
    stop: (name, deadlineMs) => inTurn(name, ({ keeper }) => keeper.stop(deadlineMs)),
    start: (name) =>
      inTurn(name, async ({ node, keeper }) => {
        if (keeper.state() === 'running' || keeper.state() === 'waiting')
          throw new LocalFault('request', `${name} already runs`, 'stop it first');
        await checkedProgram(name, binaryOf(folder, node));
        keeper.start();
      }),
    setProgram: (name, program) =>
      inTurn(name, async () => {
        if (program !== null) await checkedProgram(name, { source: program.path, sha256: program.sha256 });
        folder.change((state) => {
          const { [name]: _last, ...others } = state.programs;
          return { ...state, programs: program === null ? others : { ...others, [name]: program } };
        });
      }),
  };
}

function seen(
  { node, keeper }: KeptNode,
  folder: LocalFolder,
  { ports }: LocalSeat,
  chain: string,
): ControlledNode {
  return {
    name: node.name,
    pool: node.pool,
    role: node.role,
    keySet: node.keySet,
    state: keeper.state(),
    pid: keeper.pid(),
    rpcUrl: `ws://127.0.0.1:${ports.rpc}`,
    metricsUrl: `http://127.0.0.1:${ports.metrics}/metrics`,
    folder: node.folder,
    keystore: node.keystore,
    logFile: node.logFile,
    program: binaryOf(folder, node).source,
    chain,
  };
}
