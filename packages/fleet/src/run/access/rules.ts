import { nearest } from '@watchbill/kit';
import { type FleetNode, type Network, signs } from '../../file/normalise/index.ts';
import { isUnsafe } from '../../file/rpc/index.ts';
import { AccessFault } from './access-fault.ts';

/** The node of that name. Throws an AccessFault with the nearest one. */
export function nodeNamed({ pools }: Network, name: string): FleetNode {
  const all = pools.flatMap(({ nodes }) => nodes);
  const found = all.find((node) => node.name === name);
  if (found !== undefined) return found;
  const near = nearest(
    name,
    all.map((node) => node.name),
  );
  throw new AccessFault(
    'unknown-node',
    `the network file has no node ${name}`,
    near === null ? 'watchbill fleet file explain lists them' : `did you mean ${near}?`,
  );
}

export interface Consent {
  /** The person knows that the node signs, and allows the access. */
  readonly signingNode: boolean;
}

const SHELLS = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', 'fish', 'busybox', 'su', 'sudo']);

/** Whether a program may be run beside a node. Throws an AccessFault. */
export function checkExec(
  node: FleetNode,
  words: readonly string[],
  consent: Consent & { readonly shell: boolean },
): void {
  const [program = ''] = words;
  if (program === '') throw refused('no program is named', 'put it after --, for example -- df -h');
  checkSigning(node, consent);
  const name = program.slice(program.lastIndexOf('/') + 1);
  if (SHELLS.has(name) && !consent.shell)
    throw refused(
      `${name} can run any program, and the audit would not show which`,
      'name the program itself, or add --shell',
    );
}

/** Whether a method may be called. Throws an AccessFault. */
export function checkRpc(
  node: FleetNode,
  method: string,
  consent: Consent & { readonly unsafe: boolean; readonly paramsInArguments: boolean },
): void {
  if (!/^[A-Za-z0-9_]{1,100}$/.test(method))
    throw refused(`${method} is not a method`, 'for example system_health');
  if (!isUnsafe(method)) return;
  if (!consent.unsafe)
    throw refused(
      `${method} can move keys, change the node, read its private data, or cost it much`,
      'add --unsafe if you mean it; to change session keys, use watchbill fleet keys',
    );
  checkSigning(node, consent);
  if (method === 'author_insertKey' && consent.paramsInArguments)
    throw refused(
      'the seed would be visible in the list of processes',
      'write - for the parameters, and give them on standard input',
    );
}

function checkSigning({ name, role }: FleetNode, { signingNode }: Consent): void {
  if (!signs(role) || signingNode) return;
  throw refused(
    `${name} is a ${role}, which signs: a disturbance costs blocks, and its keystore is within reach`,
    'add --signing-node if you mean it',
  );
}

function refused(what: string, remedy: string): AccessFault {
  return new AccessFault('refused', what, remedy);
}
