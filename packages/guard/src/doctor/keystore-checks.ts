import { counted } from '@watchbill/kit';
import { shellWord } from '@watchbill/kit/ssh';
import {
  type DoctorFacts,
  type HeldKeys,
  type KeyFile,
  type KeystoreFacts,
  type Look,
  type MountFacts,
  notAsked,
  type PublicKey,
  seen,
} from './facts.ts';
import {
  type Check,
  commandAt,
  type Found,
  found,
  GOOD,
  joined,
  keyText,
  missing,
  modeText,
  type Outcome,
  on,
  placeText,
} from './finding.ts';

/** Checks of key files. Each looks at every listed keystore. */
export const KEYSTORE_CHECKS: readonly Check[] = [
  {
    id: 'keystore-modes',
    group: 'keystore',
    title: 'other users cannot read the key files',
    look: ({ keystores }) => each(keystores, (store) => found(openToOthers(store))),
  },
  {
    id: 'keystore-owner',
    group: 'keystore',
    title: 'the key files belong to the owner of their folder',
    look: ({ keystores }) => each(keystores, (store) => found(foreignOwner(store))),
  },
  {
    id: 'keystore-secrets',
    group: 'keystore',
    title: 'each secret belongs to the public key in the name of its file',
    look: ({ keystores, unit }) =>
      unit.looked && unit.value.password
        ? missing('the node uses a keystore password, which is a part of each secret')
        : each(keystores, wrongSecrets),
  },
  {
    id: 'keystore-shared',
    group: 'keystore',
    title: 'no key is in two keystores',
    look: ({ keystores }) => shared(keystores),
  },
  {
    id: 'keystore-outside-guard',
    group: 'keystore',
    title: 'sealed keys are not also unsealed on a disk',
    look: ({ keystores, sealed }) =>
      on(sealed, (names) => each(keystores, (store) => found(outsideGuard(store, names)))),
  },
  {
    id: 'keystore-memory',
    group: 'keystore',
    title: 'each key that the node holds is in its keystore',
    look: (facts) => on(facts.held, (held) => keysInMemory(held, facts)),
  },
  {
    id: 'keystore-file-mounts',
    group: 'keystore',
    title: 'no container mounts a single key file',
    look: ({ mounts }) => on(mounts, fileMounts),
  },
];

function each(keystores: DoctorFacts['keystores'], check: (store: KeystoreFacts) => Outcome): Outcome {
  if (keystores.length === 0) return missing('--keystore is not given', false);
  return joined(keystores.map((store) => on(store, check)));
}

/** Bits of the group and of all others. */
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;
/** A folder without these bits is closed to others, whatever the modes of its files. */
const OTHERS_ENTER = 0o011;

function openToOthers(store: KeystoreFacts): Found | null {
  const open = store.keys.filter(({ mode }) => (mode & OTHERS) !== 0);
  const isWritable = (store.mode & OTHERS_WRITE) !== 0;
  if (open.length === 0 && !isWritable) return null;
  const canEnter = (store.mode & OTHERS_ENTER) !== 0;
  const path = shellWord(store.path);
  return {
    letter: canEnter ? 'E' : 'C',
    subject: placeText(store),
    what: isWritable
      ? 'other users can replace the key files'
      : `other users can read ${counted(open.length, 'key file')}${canEnter ? '' : ' once the folder is open to them'}`,
    evidence: [
      `the folder has mode ${modeText(store.mode)}`,
      ...open.map((key) => `${keyText(key)} has mode ${modeText(key.mode)}`),
    ],
    cost: 'a program of another user copies the keys and signs with them',
    mend: commandAt(store, `chmod 700 ${path} && chmod 600 ${path}/*`),
  };
}

function foreignOwner(store: KeystoreFacts): Found | null {
  const foreign = store.keys.filter(({ uid }) => uid !== store.uid);
  if (foreign.length === 0) return null;
  const path = shellWord(store.path);
  return {
    letter: 'D',
    subject: placeText(store),
    what: `the folder holds ${counted(foreign.length, 'key file')} of another user`,
    evidence: [
      `the folder belongs to user ${store.uid}`,
      ...foreign.map((key) => `${keyText(key)} belongs to user ${key.uid}`),
    ],
    cost: 'the node cannot read them, and does not sign; or another user can change them',
    mend: commandAt(store, `chown --reference=${path} ${path}/*`),
  };
}

function wrongSecrets(store: KeystoreFacts): Outcome {
  return joined(store.keys.map((key) => on(key.secret, (problem) => wrongSecret(store, key, problem))));
}

function wrongSecret(store: KeystoreFacts, key: KeyFile, problem: string | null): Outcome {
  if (problem === null) return GOOD;
  const path = `${store.path}/${key.file}`;
  return found({
    letter: 'D',
    subject: path,
    what: `${keyText(key)} cannot sign: ${problem}`,
    evidence: ['the node answers author_hasKey with true, and each signature fails'],
    cost: 'the validator makes no block or casts no vote with this key',
    mend: `restore ${shellWord(path)} from the backup of the keys, or make new keys (author_rotateKeys) and register them`,
  });
}

function shared(keystores: DoctorFacts['keystores']): Outcome {
  if (keystores.length === 0) return missing('--keystore is not given', false);
  if (keystores.length === 1)
    return missing('one keystore is listed: give each copy with its own --keystore', false);
  const unread = joined(keystores.map((store) => on(store, () => GOOD)));
  const stores = new Map(
    keystores.flatMap((store) => (store.looked ? [[store.value.identity, store.value] as const] : [])),
  );
  return joined([unread, found(...copies([...stores.values()]))]);
}

/** One finding for each set of keystores that have keys in common. */
function copies(stores: readonly KeystoreFacts[]): readonly Found[] {
  const places = Map.groupBy(
    stores.flatMap((store) => store.keys.map((key) => ({ store, key }))),
    ({ key }) => key.file,
  );
  const shared = [...places.values()]
    .filter(({ length }) => length > 1)
    .map((all) => ({ key: all[0]?.key, holders: all.map(({ store }) => store) }));
  return [...Map.groupBy(shared, ({ holders }) => holders.map(placeText).join('\n')).values()].map((all) =>
    copiedKeys(
      all[0]?.holders ?? [],
      all.flatMap(({ key }) => key ?? []),
    ),
  );
}

function copiedKeys(holders: readonly KeystoreFacts[], keys: readonly KeyFile[]): Found {
  const isDangerous = keys.some(({ danger }) => danger !== 'other');
  const [first = '', ...rest] = holders.map(placeText);
  const shreds = holders.slice(1).map((store) => {
    const files = keys.map(({ file }) => shellWord(`${store.path}/${file}`));
    return commandAt(store, `shred -u ${files.join(' ')}`);
  });
  return {
    letter: isDangerous ? 'F' : 'C',
    subject: [first, ...rest].join(', '),
    what: `${holders.length} keystores hold the same ${counted(keys.length, 'key')}`,
    evidence: keys.map(keyText),
    cost: isDangerous
      ? 'two nodes sign with one key, which is slashed'
      : 'two nodes act under one identity, and peers find the wrong one',
    mend: `if ${first} is the keystore of the node: ${shreds.join(' && ')}`,
  };
}

function outsideGuard(store: KeystoreFacts, sealed: readonly string[]): Found | null {
  const unsealed = store.keys.filter(({ file }) => sealed.includes(file));
  if (store.inMemory || unsealed.length === 0) return null;
  return {
    letter: 'E',
    subject: placeText(store),
    what: `a disk holds ${counted(unsealed.length, 'key')} unsealed, which the guard has sealed`,
    evidence: unsealed.map(keyText),
    cost: 'a node that is started by hand, or a copy of this disk, signs without the guard',
    mend: removal(store, unsealed),
  };
}

/** A sealed file may be one that no identity opens: then the unsealed one is the only key. */
function removal(store: KeystoreFacts, unsealed: readonly KeyFile[]): string {
  const path = shellWord(store.path);
  const moved = `watchbill guard seal --remove --keystore ${path} --sealed FOLDER --identity FILE`;
  if (store.host === null)
    return `${moved}, which removes a file only after the identity opened its sealed key`;
  const shred = unsealed.map(({ file }) => `shred -u ${shellWord(`${store.path}/${file}`)}`).join(' && ');
  return `if the identity opens each of these sealed keys (age --decrypt): ${commandAt(store, shred)}`;
}

function keysInMemory({ address, keys }: HeldKeys, facts: DoctorFacts): Outcome {
  const { keystores, sealed } = facts;
  const files = ofThisMachine(keystores).flatMap((store) => store.keys.map(({ file }) => file));
  const names = sealed.looked ? [...files, ...sealed.value] : files;
  const inMemory = keys.filter((key) => key.held && !names.includes(fileNameOf(key)));
  if (inMemory.length === 0) return GOOD;
  const unread = keystores.find((store) => !store.looked);
  if (unread !== undefined && !unread.looked) return missing(unread.why, unread.asked);
  if (keystores.length === 0) return missing('--keystore is not given', false);
  return found({
    letter: 'E',
    subject: address,
    what: `the node holds ${counted(inMemory.length, 'key')} that no listed keystore has`,
    evidence: inMemory.map((key) => `author_hasKey is true for ${keyText(key)}, and there is no file of it`),
    cost: 'the node signs with a key that you cannot see and cannot remove: it is in memory, or in another folder',
    mend: 'list the keystore that the node uses (--keystore) and its sealed keys (--sealed); if these are all: start the node without a flag such as --alice',
  });
}

function fileMounts({ keys, closed }: MountFacts): Outcome {
  const mounted = keys.map(({ pid, path, ...key }) => ({
    letter: 'E' as const,
    subject: path,
    what: `a container mounts the file of ${keyText(key)} alone`,
    evidence: [`/proc/${pid}/mountinfo names ${path}`],
    cost: 'a mounted file stays in the container after it was removed from the keystore, so the node keeps signing after a handover',
    mend: 'mount the folder of the keystore in place of the file, and start the container again',
  }));
  if (closed === 0) return found(...mounted);
  const why = `this user cannot see the mounts of ${counted(closed, 'process', 'processes')}: run the doctor as root`;
  return joined([found(...mounted), missing(why, false)]);
}

function fileNameOf({ kind, publicKey }: PublicKey): string {
  return `${Buffer.from(kind).toString('hex')}${publicKey.slice(2)}`;
}

/** Whether a key is in a keystore of this machine. */
export function isInKeystore({ keystores }: DoctorFacts, key: PublicKey): Look<boolean> {
  const names = ofThisMachine(keystores).flatMap((store) => store.keys.map(({ file }) => file));
  if (names.includes(fileNameOf(key))) return seen(true);
  const unread = keystores.find((store) => !store.looked);
  if (unread !== undefined && !unread.looked) return unread;
  return keystores.length === 0 ? notAsked('--keystore is not given') : seen(false);
}

/** The keystores of this machine that could be read. */
export function ofThisMachine(keystores: readonly Look<KeystoreFacts>[]): readonly KeystoreFacts[] {
  return keystores.flatMap((store) => (store.looked && store.value.host === null ? [store.value] : []));
}
