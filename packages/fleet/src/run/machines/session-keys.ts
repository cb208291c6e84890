import { shellWord } from '@watchbill/kit/ssh';
import {
  isBornUse,
  type MachineResource,
  SIGNING_FLAGS,
  unknownUse,
  wordsSign,
} from '../../file/graph/index.ts';
import type { LiveResource } from '../../file/live/index.ts';
import { asLive, type KeyStore, keystoreOf } from '../../file/signers/index.ts';
import { failureOf } from './failure.ts';
import { type Known, knownOf, liveOf, type OnMachine } from './look.ts';
import { readRecord } from './record.ts';
import { recordFolder, UNIT_FOLDER } from './script.ts';
import type { RunScript } from './ssh.ts';

/** Signers of a machine and the public keys that lie there. */
export interface KeysOnMachine {
  /** Units of other networks that sign, and processes that sign and are of no unit of ours. */
  readonly others: readonly LiveResource[];
  /** Key stores, as live resources. */
  readonly stores: readonly LiveResource[];
}

/** The result of one script. Texts are decoded. */
interface Found {
  readonly records: readonly (readonly [network: string, record: string])[];
  /** Command line of each process that may sign, by the name of its unit or its number. */
  readonly processes: ReadonlyMap<string, readonly string[]>;
  /** Text of each unit file that names a keystore. */
  readonly units: ReadonlyMap<string, string>;
  /** Names of the files in the keystore of a unit. */
  readonly files: ReadonlyMap<string, readonly string[]>;
  /** By credential: the public key that was noted when it was put. */
  readonly notes: ReadonlyMap<string, string>;
}

/**
 * The units of other networks that sign, and the public keys of all signers of a machine: from the names of
 * files in their keystores, and from the notes of `secrets put`. Reads no secret.
 */
export async function keysOnMachine(
  machine: OnMachine,
  resources: readonly MachineResource[],
  live: readonly LiveResource[],
  signal: AbortSignal,
  isKeyed = false,
): Promise<KeysOnMachine | { readonly failure: Known }> {
  const own = [...resources, ...live].filter(({ subject }) => subject.keySet !== null);
  if (own.length === 0 && !isKeyed) return { others: [], stores: [] };
  const back = comingBack(resources, live);
  const ran = await machine.run(lookScript(machine.network, back), signal);
  const failed = failureOf(ran);
  if (failed !== null || ran.kind !== 'ended') return { failure: knownOf(failed) };
  const found = foundIn(ran.out);
  const others: LiveResource[] = [];
  for (const [network, text] of found.records) {
    const record = readRecord(text);
    // An unreadable record may belong to a signer with these keys.
    if (record === null)
      return {
        failure: { reason: 'unreachable', detail: `a record of the network ${network} cannot be read` },
      };
    const { item, subject } = record;
    if (item.kind !== 'unit' || subject.keySet === null) continue;
    const id = `${machine.place.name}/unit/${item.name}`;
    others.push({
      ...liveOf({ place: machine.place, network }, id, item, record),
      owner: `the network ${network}`,
    });
  }
  // A process of a declared unit without a file may be from before: it has the keys of that time.
  const units = new Set([...live, ...others].map(({ name }) => name));
  for (const [name, words] of found.processes)
    if (!units.has(name) && wordsSign(words)) others.push(strangerOf(machine, name));
  const declared = resources.flatMap((one) => storesOf(one, one.body, found));
  const living = [...live, ...others, ...back].flatMap((one) => storesOf(one, null, found));
  return { others, stores: merged([...declared, ...living]).map(asLive) };
}

/** Declared units that are not there, and whose keys are born: they start with those of their keystores. */
function comingBack(
  resources: readonly MachineResource[],
  live: readonly LiveResource[],
): readonly MachineResource[] {
  return resources.filter(
    ({ id, kind, subject: { keySet } }) =>
      kind === 'unit' && keySet !== null && isBornUse(keySet) && !live.some((one) => one.id === id),
  );
}

/** A process that signs and that no network of ours made, with the keys that its keystore shows. */
function strangerOf({ place }: OnMachine, name: string): LiveResource {
  const id = `${place.name}/process/${name}`;
  return {
    ...{ id, place: place.name, kind: 'process', name, network: null, lifecycle: 'create-once' },
    ...{ body: null, fingerprint: '', owner: 'no network of watchbill' },
    subject: { pool: null, node: null, role: null, keySet: unknownUse(id) },
  };
}

/** Public keys on a machine, of every network. */
export interface MachineKeys {
  /** By credential, `NETWORK.SECRET.ENTRY`: the key that was noted when it was put. */
  readonly notes: ReadonlyMap<string, string>;
  /** By unit: the keys in its keystore. */
  readonly keystores: ReadonlyMap<string, readonly string[]>;
}

/** The public keys on a machine. Reads no secret. */
export async function machineKeys(
  run: RunScript,
  network: string,
  signal: AbortSignal,
): Promise<MachineKeys | { readonly failure: Known }> {
  const ran = await run(lookScript(network), signal);
  const failed = failureOf(ran);
  if (failed !== null || ran.kind !== 'ended') return { failure: knownOf(failed) };
  const { notes, files } = foundIn(ran.out);
  const keystores = [...files].map(([unit, names]) => [unit, Object.values(keysOfFiles(names))] as const);
  return { notes, keystores: new Map(keystores) };
}

type Signer = Pick<LiveResource, 'id' | 'place' | 'kind' | 'name' | 'subject'>;

/** The stores of a unit: its keystore if it has ever run, and the credentials that it loads. */
function storesOf(signer: Signer, item: MachineResource['body'] | null, found: Found): readonly KeyStore[] {
  const { id, place, kind, name, subject } = signer;
  if ((kind !== 'unit' && kind !== 'process') || subject.keySet === null) return [];
  const text = item?.kind === 'unit' ? item.text : (found.units.get(name) ?? '');
  const users = [{ id, use: subject.keySet }];
  const keystore = item === null ? keysOfFiles(found.files.get(name) ?? []) : {};
  const noted = [...credentialsOf(text)].map(
    ([type, credential]) => [type, found.notes.get(credential)] as const,
  );
  const known = noted.flatMap(([type, key]) => (key === undefined ? [] : [[type, key] as const]));
  const base = { place, users };
  return [
    ...(Object.keys(keystore).length === 0
      ? []
      : [{ ...base, at: keystoreOf(name), secret: null, keys: keystore, isComplete: true }]),
    ...(known.length === 0
      ? []
      : [
          {
            ...base,
            at: `credentials ${[...credentialsOf(text).values()].join(', ')} of ${name}`,
            secret: secretOf(text),
            keys: Object.fromEntries(known),
            isComplete: known.length === noted.length,
          },
        ]),
  ];
}

/** One store for each place in which keys lie: a unit that is declared and lives has its credentials once. */
function merged(stores: readonly KeyStore[]): readonly KeyStore[] {
  const byName = new Map<string, KeyStore>();
  for (const store of stores) {
    const before = byName.get(store.at);
    const users = [...(before?.users ?? []), ...store.users];
    byName.set(store.at, { ...store, isComplete: store.isComplete && (before?.isComplete ?? true), users });
  }
  return [...byName.values()];
}

/** A file of a keystore is named by its key: four letters of the type in hex, then the public key. */
const KEY_FILE = /^([0-9a-f]{8})([0-9a-f]{64,66})$/;

function keysOfFiles(files: readonly string[]): Readonly<Record<string, string>> {
  const keys = files.flatMap((file) => {
    const [, type = '', key = ''] = KEY_FILE.exec(file) ?? [];
    return type === '' ? [] : [[Buffer.from(type, 'hex').toString('latin1'), key] as const];
  });
  // A keystore may have several keys of one type, for example those from before a rotation.
  return Object.fromEntries(keys.map(([type, key], at) => [`${type}.${at}`, `0x${key}`]));
}

/** Credentials with seeds, by key type, as the unit inserts them: `--key-type=gran … --suri=/run/…/NAME`. */
function credentialsOf(text: string): ReadonlyMap<string, string> {
  const seeds = text.matchAll(/--key-type=(\w{4})"?[^\n]*?--suri=[^"\s]*\/([^"\s/]+)/g);
  return new Map([...seeds].map(([, type = '', name = '']) => [type, name]));
}

/** The secret of the seeds: `NETWORK.SECRET.ENTRY` is the name of each credential. */
function secretOf(text: string): string | null {
  const [first] = credentialsOf(text).values();
  return first?.split('.')[1] ?? null;
}

/** Folder of the public keys of credentials, one file each with the name of the credential. */
export function notesFolder(network: string): string {
  return `${recordFolder(network)}/public-keys`;
}

const PROCESSES = '/proc';

/**
 * Prints one line for each record of another network, unit with a keystore, process that may sign, key file
 * and note, in base64. A process is looked at in its own root, because it may run in a container.
 */
function lookScript(network: string, back: readonly MachineResource[] = []): string {
  const own = shellWord(recordFolder(network));
  const keystores = back.flatMap(({ name, body }) => {
    const [, path] = body.kind === 'unit' ? (/--keystore-path=([^"\s]+)/.exec(body.text) ?? []) : [];
    return path === undefined
      ? []
      : `for f in ${shellWord(path)}/*; do [ -f "$f" ] && echo "key $(b ${shellWord(name)}) $(b "\${f##*/}")"; done`;
  });
  return `b() { printf %s "$1" | base64 -w0; }
for d in ${recordFolder('*')}; do [ "$d" != ${own} ] || continue; for f in "$d"/*.json; do [ -f "$f" ] && { echo "record $(b "\${d##*/}") $(base64 -w0 < "$f")"; }; done; done
for u in ${UNIT_FOLDER}/*.service; do
  grep -qF -- --keystore-path "$u" 2>/dev/null || continue
  n=$(b "\${u##*/}"); echo "unit $n $(base64 -w0 < "$u")"
  k=$(grep -o -- '--keystore-path=[^" ]*' "$u" | tail -n 1); k=\${k#*=}
  for f in "$k"/*; do [ -f "$f" ] && echo "key $n $(b "\${f##*/}")"; done
done
${keystores.join('\n')}
for p in ${PROCESSES}/[0-9]*; do
  tr '\\0' '\\n' < "$p/cmdline" 2>/dev/null | grep -qxE -e '${SIGNING_FLAGS.join('|')}' || continue
  n=$(grep -oE '[^/]+\\.service' "$p/cgroup" 2>/dev/null | tail -n 1); n=$(b "\${n:-\${p##*/}}")
  echo "process $n $(base64 -w0 < "$p/cmdline")"
  v() { tr '\\0' '\\n' < "$p/cmdline" | sed -nE "s/^($1)=//p; /^($1)$/{n;p}"; }
  r() { case $1 in /*) echo "$p/root$1" ;; *) echo "$p/cwd/$1" ;; esac; }
  k=$(r "$(v --keystore-path | tail -n 1)"); d=$(r "$(v '--base-path|-d' | tail -n 1)")
  for f in "$k"/* "$d"/chains/*/keystore/*; do
    [ -f "$f" ] && echo "key $n $(b "\${f##*/}")"
  done
done
for f in ${notesFolder('*')}/*; do [ -f "$f" ] && echo "note $(b "\${f##*/}") $(base64 -w0 < "$f")"; done; true`;
}

function foundIn(out: string): Found {
  const records: (readonly [string, string])[] = [];
  const units = new Map<string, string>();
  const processes = new Map<string, readonly string[]>();
  const files = new Map<string, string[]>();
  const notes = new Map<string, string>();
  for (const line of out.split('\n')) {
    const [word, ...fields] = line.split(' ');
    const [first = '', second = ''] = fields.map((field) => Buffer.from(field, 'base64').toString('utf8'));
    if (word === 'record') records.push([first, second]);
    if (word === 'unit') units.set(first, second);
    if (word === 'process') processes.set(first, second.split('\0'));
    if (word === 'key') files.set(first, [...(files.get(first) ?? []), second]);
    if (word === 'note' && /^0x[0-9a-f]{64,66}$/.test(second.trim())) notes.set(first, second.trim());
  }
  return { records, processes, units, files, notes };
}
