import {
  ACCOUNT_FLAGS,
  flagValue,
  halves,
  type Process,
  type Role,
  wordsSign,
} from '../../../file/graph/index.ts';
import { type FleetNode, signs } from '../../../file/normalise/index.ts';

/** Accounts of development chains, with which a node signs without a keystore. */
const DEVELOPMENT_FLAGS: readonly string[] = ['--dev', ...ACCOUNT_FLAGS];

/** Whether a node signs, by its role in the network file and by the commands that its place runs. */
export function canSign(role: Role, processes: readonly Process[]): boolean {
  const isAccount = (word: string): boolean => DEVELOPMENT_FLAGS.includes(word);
  return signs(role) || processes.some(({ words }) => wordsSign(words) || words.some(isAccount));
}

/** Why a node gets session keys at its start, by the network file; empty if it does not. */
export function declaredKeys({ role, settings }: Pick<FleetNode, 'role' | 'settings'>): readonly string[] {
  const isSecret = signs(role) && settings.keys.session.source === 'secret';
  return isSecret ? ['the network file says keys.session.source: secret'] : [];
}

/**
 * Why a node gets session keys at its start, by the commands that its place runs. For example a `key
 * insert` before the node.
 */
export function insertedKeys(processes: readonly Process[]): readonly string[] {
  return processes.flatMap(({ container, words }) => {
    if (words.includes('insert')) return [`${container} puts keys into its keystore at each start`];
    const account = words.find((word) => DEVELOPMENT_FLAGS.includes(word));
    return account === undefined ? [] : [`${container} has the flag ${account}`];
  });
}

/**
 * Folders named by the commands of a node that may hold keys: keystores, and folders of chains, where
 * nodes have them by default.
 */
export function keyFolders(processes: readonly Process[]): {
  readonly keystores: readonly string[];
  readonly bases: readonly string[];
} {
  const parts = processes.flatMap(({ words }) => halves(words));
  const valuesOf = (...names: readonly string[]): readonly string[] =>
    parts.flatMap((words) => names.flatMap((name) => flagValue(words, name) ?? []));
  return { keystores: valuesOf('--keystore-path'), bases: valuesOf('--base-path', '-d') };
}
