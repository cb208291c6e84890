import { type Duty, dutyNamed, type Unit, unitHex } from '../../rule/index.ts';
import { keepNames, markName } from '../kept-names.ts';

const markKey = keepNames((chain, key, duty) => `mark/${markName(chain, key, duty)}`);
const pointerKey = keepNames((chain, key) => `policy/${chain}/${key}/current`);
const watchKey = keepNames((chain, key) => `watch/${chain}/${key}`);
const presenceKey = keepNames((chain, key, node) => `presence/${chain}/${key}/${node}`);

/**
 * Keys of records, below the prefix of the store. Chains and keys are lower-case hex, names are checked: no
 * `/` in any piece.
 */
export const keys = {
  ledger: 'ledger',
  epoch: 'epoch',
  /** The last recovery: the epochs that it ended, and the keys that it has still to adopt. */
  recovery: 'recovery',
  peerSecret: 'secret/peers',
  policies: 'policy/',
  policyPointer: (chain: string, key: string) => pointerKey(chain, key, ''),
  policyVersion: (chain: string, key: string, version: string) => `policy/${chain}/${key}/version/${version}`,
  marks: 'mark/',
  mark: markKey,
  unit: (chain: string, key: string, duty: Duty, unit: Unit) =>
    `unit/${markName(chain, key, duty.name)}/${unitHex(duty.fields, unit)}`,
  services: 'service/',
  service: (id: string) => `service/${id}`,
  sessions: 'session/',
  session: (id: string) => `session/${id}`,
  watches: 'watch/',
  watch: (chain: string, key: string) => watchKey(chain, key, ''),
  presences: 'presence/',
  /** By key too: two processes of one name that hold different keys do not speak for each other. */
  presence: presenceKey,
  keyLeases: 'lease/',
  /** By the leased key alone: machines that name different keys of the gate share it. */
  keyLease: (chain: string, name: string) => `lease/${chain}/${name}`,
  adoptedSet: (chain: string, key: string) => `set/${chain}/${key}/adopted`,
  restartedSet: (chain: string, key: string, node: string) => `set/${chain}/${key}/restarted/${node}`,
  observations: 'observed/',
  observation: (chain: string, observer: string) => `observed/${chain}/${observer}`,
  doubts: 'doubt/',
  tokens: 'token/',
  /** The chain of the changes of all tokens. */
  tokenChanges: 'changes/tokens/',
  tokenPointer: 'changes/tokens/current',
  tokenChange: (hash: string) => `changes/tokens/version/${hash}`,
  token: (hash: string) => `token/${hash}`,
} as const;

export { markName };

/** The duty that the name of a mark, or the key of its record, ends with; null for one of a later release. */
export function dutyOfMark(name: string): Duty | null {
  return dutyNamed(name.slice(name.lastIndexOf('/') + 1));
}
