import { counted } from '@watchbill/base';
import type { DoctorFacts, KeyFile, KeystoreFacts, Look } from './facts.ts';
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
  shellWord,
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
    title: 'no key lies in two keystores',
    look: ({ keystores }) => shared(keystores),
  },
  {
    id: 'keystore-outside-guard',
    group: 'keystore',
    title: 'sealed keys do not also lie open on a disk',
    look: ({ keystores, sealed }) =>
      on(sealed, (names) => each(keystores, (store) => found(outsideGuard(store, names)))),
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
  const open = store.keys.filter(({ file }) => sealed.includes(file));
  if (store.inMemory || open.length === 0) return null;
  return {
    letter: 'E',
    subject: placeText(store),
    what: `a disk holds ${counted(open.length, 'key')} in the open, which the guard has sealed`,
    evidence: open.map(keyText),
    cost: 'a node that is started by hand, or a copy of this disk, signs without the guard',
    mend: commandAt(
      store,
      open.map(({ file }) => `shred -u ${shellWord(`${store.path}/${file}`)}`).join(' && '),
    ),
  };
}

/** The keystores of this machine that could be read. */
export function ofThisMachine(keystores: readonly Look<KeystoreFacts>[]): readonly KeystoreFacts[] {
  return keystores.flatMap((store) => (store.looked && store.value.host === null ? [store.value] : []));
}
