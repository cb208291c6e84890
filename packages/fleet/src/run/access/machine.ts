import { shellWord, sshOptions } from '@watchbill/kit/ssh';
import { nodeFolder, portsOf, sharedGroupOf, unitName, userOf } from '../../file/emit/index.ts';
import type { FleetNode, MachinePlace, Network } from '../../file/normalise/index.ts';
import { sshMachine } from '../machines/ssh.ts';
import { hostOf, type SshSettings } from '../machines/ssh-options.ts';
import { AccessFault } from './access-fault.ts';
import { runChild } from './child.ts';
import type { LogWish, NodeAccess, Sinks } from './port.ts';

export interface MachineAccessOptions {
  readonly network: Network;
  readonly node: FleetNode;
  readonly place: MachinePlace;
  /** Null: that of the user. */
  readonly sshConfigFile: string | null;
  readonly clock: SshSettings['clock'];
}

const CONNECT_MS = 15_000;
/** Exit status of ssh if the connection failed. A remote program may also exit with it. */
const SSH_FAILED = 255;

/** A node on a machine with systemd, over the `ssh` program. */
export function machineAccess({
  network,
  node,
  place,
  sshConfigFile,
  clock,
}: MachineAccessOptions): NodeAccess {
  const { host, port, user } = place;
  const settings: SshSettings = { host, port, user, configFile: sshConfigFile, timeoutMs: CONNECT_MS, clock };
  const options = sshOptions(hostOf(settings));
  const machine = sshMachine(settings);
  const unit = unitName(network.name, node.name);
  const where = `${unit} on ${user}@${host}`;
  // The script goes over standard input, so it does not appear in the list of processes here.
  const over = async (script: string, sinks: Sinks, signal: AbortSignal): Promise<number> => {
    const code = await runChild(
      { command: 'ssh', args: [...options, '--', host, 'sh -s'], input: `${script}\n` },
      sinks,
      signal,
    );
    if (code === SSH_FAILED)
      throw new AccessFault(
        'unreachable',
        `${where}: ssh could not connect, or the program ended with ${SSH_FAILED}`,
        `try: ssh -p ${port} -l ${user} ${host}`,
      );
    return code ?? 0;
  };
  return {
    where,
    logs: async (wish, sinks, signal) => {
      const code = await over(asRoot(journal(unit, wish)), sinks, signal);
      if (code !== 0 && !signal.aborted)
        throw new AccessFault('failed', `${where}: journalctl ended with ${code}`, 'see its output above');
    },
    exec: (words, sinks, signal) => {
      const command = words.map(shellWord).join(' ');
      return over(asRoot(asNode(network, node, command)), sinks, signal);
    },
    forward: async () => {
      try {
        const made = await machine.forward(portsOf(node, 'machine').rpc);
        return { address: `127.0.0.1:${made.port}`, close: made.close };
      } catch (error) {
        throw new AccessFault(
          'unreachable',
          `${where}: ssh could not forward its RPC`,
          `try: ssh -p ${port} -l ${user} ${host}`,
          error,
        );
      }
    },
    close: machine.close,
  };
}

function journal(unit: string, { follow, tail, sinceSeconds }: LogWish): string {
  return [
    'journalctl --no-pager --output cat --unit',
    shellWord(unit),
    tail === null ? '--lines all' : `--lines ${tail}`,
    ...(sinceSeconds === null ? [] : [`--since ${shellWord(`-${sinceSeconds}s`)}`]),
    ...(follow ? ['--follow'] : []),
  ].join(' ');
}

/**
 * With the rights that the node's unit has, in its folder: root changes to both, so the ssh user needs no
 * right to either.
 */
function asNode(network: Network, node: FleetNode, command: string): string {
  const user = shellWord(userOf(network, node));
  const rights = `-u ${user} -g ${user} -G ${shellWord(sharedGroupOf(network))}`;
  const enter = shellWord(`cd -- "$0" && exec runuser ${rights} -- "$@"`);
  return `sh -c ${enter} ${shellWord(nodeFolder(network, node))} ${command}`;
}

function asRoot(command: string): string {
  return `if [ "$(id -u)" = 0 ]; then exec ${command} </dev/null; else exec sudo -n ${command} </dev/null; fi`;
}
