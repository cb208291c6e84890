import { counted } from '@watchbill/kit';
import { shellWord } from '@watchbill/kit/ssh';
import { fileNameOf, type PublicKey } from '../custody/key-name.ts';
import type { DoctorFacts } from '../inspect/inspect.ts';
import { type KeyFile, type KeystoreFacts, ofThisMachine, placeText } from '../inspect/keystore.ts';
import { known, type Look, notAsked, seen, type Unread, unread } from '../inspect/look.ts';
import type { ProcessFacts } from '../inspect/processes.ts';
import {
  type Answer,
  checksOf,
  commandAt,
  costOfCopies,
  fault,
  keyText,
  modeText,
  NO_KEYSTORE,
  of,
  on,
  shred,
} from './finding.ts';
import type { Found } from './report.ts';

const check = checksOf('keystore');
/** Bits of the group and of all others. */
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;
/** A folder without these bits is closed to others, whatever the modes of its files. */
const OTHERS_ENTER = 0o011;
const OTHER_KEY = /another public key/;

/** Checks of key files. */
export const KEYSTORE_CHECKS = [
  check('keystore-modes', 'other users cannot read the key files', 'keystores', (store) => {
    const open = store.keys.filter(({ mode }) => (mode & OTHERS) !== 0);
    const isWritable = (store.mode & OTHERS_WRITE) !== 0;
    if (open.length === 0 && !isWritable) return null;
    const canEnter = (store.mode & OTHERS_ENTER) !== 0;
    const path = shellWord(store.path);
    return fault(canEnter ? 'E' : 'C', placeText(store), {
      what: isWritable
        ? 'other users can replace the key files'
        : `other users can read ${counted(open.length, 'key file')}${canEnter ? '' : ' once the folder is open to them'}`,
      evidence: [
        `the folder has mode ${modeText(store.mode)}`,
        ...open.map((key) => `${keyText(key)} has mode ${modeText(key.mode)}`),
      ],
      cost: 'a program of another user copies the keys and signs with them',
      mend: commandAt(store, `chmod 700 ${path} && chmod 600 ${path}/*`),
    });
  }),
  check('keystore-owner', 'the key files belong to the owner of their folder', 'keystores', (store) => {
    const foreign = store.keys.filter(({ uid }) => uid !== store.uid);
    if (foreign.length === 0) return null;
    const path = shellWord(store.path);
    return fault('D', placeText(store), {
      what: `the folder holds ${counted(foreign.length, 'key file')} of another user`,
      evidence: [
        `the folder belongs to user ${store.uid}`,
        ...foreign.map((key) => `${keyText(key)} belongs to user ${key.uid}`),
      ],
      cost: 'the node cannot read them, and does not sign; or another user can change them',
      mend: commandAt(store, `chown --reference=${path} ${path}/*`),
    });
  }),
  check(
    'keystore-secrets',
    'each secret belongs to the public key in the name of its file',
    'keystores',
    (store, { unit }) => {
      if (known(unit)?.password === true)
        return notAsked('the node uses a keystore password, which is a part of each secret');
      const problems = store.keys.map(({ secret }) => known(secret));
      // A password is a part of each secret, so it makes all of them fail, and in this way.
      if (problems.length > 0 && problems.every((each) => each !== null && OTHER_KEY.test(each)))
        return unread(
          `no secret in ${placeText(store)} belongs to the public key in the name of its file: most likely the keystore has a password (--password, --password-filename); if the node uses none, restore the keystore from its backup`,
        );
      return store.keys.map((key) => on(key.secret, (problem) => wrongSecret(store, key, problem)));
    },
  ),
  // Hidden files and copies beside keys are read by no node.
  check(
    'keystore-content',
    'a keystore holds keys of known kinds, and nothing else',
    'keystores',
    (store, { unit, sealed }) => {
      const [place, { foreign }] = [placeText(store), store];
      const unknown = [
        ...new Set(store.keys.flatMap(({ danger, kind }) => (danger === 'unknown' ? [kind] : []))),
      ];
      // The guard takes the keys away until it is safe to place them.
      const isEmpty = store.keys.length === 0 && !(sealed.looked || known(unit)?.guarded === true);
      const meant = store.meant.length === 0 ? '' : `: did you mean ${store.meant.join(' or ')}?`;
      return [
        isEmpty ? unread(`${place} holds no key file${meant}`) : null,
        unknown.length === 0 ? null : notAsked(`${place} holds keys of unknown kinds: ${unknown.join(', ')}`),
        foreign.length === 0
          ? null
          : fault('C', place, {
              what: `the keystore holds ${counted(foreign.length, 'thing')} that ${foreign.length === 1 ? 'is no key' : 'are no keys'}`,
              evidence: [`${foreign.slice(0, 5).join(', ')}${foreign.length > 5 ? ', …' : ''}`],
              cost: 'a copy of keys that is in no list comes back with a backup or an image, and then signs a second time',
              mend: 'look at them; compare a copy of the keystore (--keystore FOLDER), and move it to where no node starts from it',
            }),
      ];
    },
  ),
  check('keystore-shared', 'no key is in two keystores', 'all', ({ keystores, searched }) => {
    if (keystores.length === 0) return NO_KEYSTORE;
    const stores = new Map(
      keystores.flatMap((store) => (store.looked ? [[store.value.identity, store.value] as const] : [])),
    );
    return [copies([...stores.values()]), [searched, ...keystores].map((look) => on(look, () => null))];
  }),
  check('keystore-outside-guard', 'sealed keys are not also unsealed on a disk', 'all', (facts) => {
    if (facts.unguarded) return null;
    return of(facts, 'sealed', (sealed) => of(facts, 'keystores', (store) => outsideGuard(store, sealed)));
  }),
  check('keystore-memory', 'each key that the node holds is in its keystore', 'held', (held, facts) => {
    const { address, keys } = held;
    const names = [...filesOf(facts.keystores), ...(known(facts.sealed) ?? [])];
    const inMemory = keys.filter((key) => key.held && !names.includes(fileNameOf(key)));
    if (inMemory.length === 0) return null;
    const unread = unreadOf(facts.keystores);
    if (unread !== null) return unread;
    return fault('E', address, {
      what: `the node holds ${counted(inMemory.length, 'key')} that no listed keystore has`,
      evidence: inMemory.map(
        (key) => `author_hasKey is true for ${keyText(key)}, and there is no file of it`,
      ),
      cost: 'the node signs with a key that you cannot see and cannot remove: it is in memory, or in another folder',
      mend: 'list the keystore that the node uses (--keystore) and its sealed keys (--sealed); if these are all: start the node without a flag such as --alice',
    });
  }),
  check('keystore-file-mounts', 'no container mounts a single key file', 'processes', (processes) => {
    const mounted = processes.mounts.map(({ pid, path, ...key }) =>
      fault('E', path, {
        what: `a container mounts the file of ${keyText(key)} alone`,
        evidence: [`/proc/${pid}/mountinfo names ${path}`],
        cost: 'a mounted file stays in the container after it was removed from the keystore, so the node keeps signing after a handover',
        mend: 'mount the folder of the keystore in place of the file, and start the container again',
      }),
    );
    return [mounted, allProcesses(processes)];
  }),
  // Nodes of one base path, or of one keystore, of which one may sign.
  check('keystore-processes', 'no two processes use one base path', 'processes', (processes) => {
    const { nodes } = processes;
    const together = [...new Set(nodes.flatMap(({ identities }) => identities))]
      .map((identity) => nodes.filter(({ identities }) => identities.includes(identity)))
      .filter((all) => all.length > 1 && all.some(({ signs }) => signs !== false));
    const groups = new Map(together.map((all) => [all.map(({ pid }) => pid).join(), all]));
    const all = [...groups.values()].map((group) =>
      fault('F', group[0]?.keystores[0] ?? group[0]?.basePath ?? 'processes', {
        what: `${group.length} processes run nodes on one base path or keystore`,
        evidence: group.map(
          ({ pid, program, unit }) => `process ${pid}: ${program}${unit === null ? '' : ` (${unit})`}`,
        ),
        cost: 'both sign with the keys of one keystore, which is slashed',
        mend: `find out what started each (systemctl status ${group.map(({ pid }) => pid).join(' ')}), and stop all but one`,
      }),
    );
    return [all, allProcesses(processes)];
  }),
];

function outsideGuard(store: KeystoreFacts, sealed: readonly string[]): Answer {
  const unsealed = store.keys.filter(({ file }) => sealed.includes(file));
  if (store.inMemory || unsealed.length === 0) return null;
  return fault('E', placeText(store), {
    what: `a disk holds ${counted(unsealed.length, 'key')} unsealed, which the guard has sealed`,
    evidence: unsealed.map(keyText),
    cost: 'a node that is started by hand, or a copy of this disk, signs without the guard',
    mend: removal(store, unsealed),
  });
}

function wrongSecret(store: KeystoreFacts, key: KeyFile, problem: string | null): Answer {
  if (problem === null) return null;
  const path = `${store.path}/${key.file}`;
  return fault('D', path, {
    what: `${keyText(key)} cannot sign: ${problem}`,
    evidence: ['the node answers author_hasKey with true, and each signature fails'],
    cost: 'the validator makes no block or casts no vote with this key',
    mend: `if the node uses no keystore password (--password-filename): restore ${shellWord(path)} from the backup of the keys; only if no backup has it: make new keys (author_rotateKeys) and register them`,
  });
}

/** One finding for each set of keystores that have keys in common. */
function copies(stores: readonly KeystoreFacts[]): readonly Found[] {
  const keys = new Map(stores.flatMap((store) => store.keys.map((key) => [key.file, key])));
  const holdersOf = ({ file }: KeyFile) =>
    stores.filter((store) => store.keys.some((key) => key.file === file));
  const groups = Map.groupBy(keys.values(), (key) => holdersOf(key).map(placeText).join(', '));
  return [...groups].flatMap(([places, same]) => {
    const [first, ...others] = same.slice(0, 1).flatMap(holdersOf);
    if (first === undefined || others.length === 0) return [];
    const isDangerous = same.some(({ danger }) => danger !== 'other');
    const shreds = others.map((store) => commandAt(store, shred(store, same)));
    return fault(isDangerous ? 'F' : 'C', places, {
      what: `${others.length + 1} keystores hold the same ${counted(same.length, 'key')}`,
      evidence: same.map(keyText),
      cost: costOfCopies(isDangerous),
      mend: `if ${placeText(first)} is the keystore of the node: ${shreds.join(' && ')}`,
    });
  });
}

/** A sealed file may be one that no identity opens: then the unsealed one is the only key. */
function removal(store: KeystoreFacts, unsealed: readonly KeyFile[]): string {
  const path = shellWord(store.path);
  const moved = `watchbill guard seal --remove --keystore ${path} --sealed FOLDER --identity FILE`;
  if (store.host === null)
    return `${moved}, which removes a file only after the identity opened its sealed key`;
  const command = commandAt(store, shred(store, unsealed));
  return `if the identity opens each of these sealed keys (age --decrypt): ${command}`;
}

function allProcesses({ closed }: ProcessFacts): Answer {
  const count = counted(closed, 'process', 'processes');
  return closed === 0 ? null : notAsked(`this user cannot see all of ${count}: run the doctor as root`);
}

export function isInKeystore({ keystores }: DoctorFacts, key: PublicKey): Look<boolean> {
  if (filesOf(keystores).includes(fileNameOf(key))) return seen(true);
  return unreadOf(keystores) ?? seen(false);
}

/** A keystore that could not be read, or that there is none. Null if all were read. */
export function unreadOf(keystores: DoctorFacts['keystores']): Unread | null {
  if (keystores.length === 0) return NO_KEYSTORE;
  return keystores.find((store) => !store.looked) ?? null;
}

/** Names of the key files on this machine. */
export const filesOf = (keystores: DoctorFacts['keystores']): readonly string[] =>
  ofThisMachine(keystores).flatMap(({ keys }) => keys.map(({ file }) => file));
