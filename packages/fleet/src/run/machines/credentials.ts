import { createHash } from 'node:crypto';
import { shellWord } from '@watchbill/kit/ssh';
import type { Expected } from '../../file/graph/index.ts';
import type { Done } from '../../file/live/index.ts';
import { CREDENTIAL_FOLDER, credentialFile, OLDEST_SYSTEMD } from '../../file/secret-names/index.ts';
import { failureOf } from './failure.ts';
import { UNIT_FOLDER } from './script.ts';
import { type MachineKeys, machineKeys, notesFolder } from './session-keys.ts';
import type { RunScript } from './ssh.ts';

/** `unreadable`: it is there, and this machine does not decrypt it under its name. */
export type CredentialState = 'there' | 'missing' | 'unreadable';

/** The credentials of a machine. The machine decrypts their values, discards them, and never sends them. */
export interface CredentialLook {
  /** Version of systemd-creds; null if there is none. */
  readonly systemd: number | null;
  readonly states: ReadonlyMap<string, CredentialState>;
  /** Names of all credentials of the network that are there, asked for or not. */
  readonly all: readonly string[];
}

export type NotKnown = { readonly reason: 'unreachable' | 'forbidden'; readonly detail: string };

/**
 * The outcome of putting or removing. `units`: units of the machine that load the credential; active ones
 * keep their old value.
 */
export type Changed =
  | { readonly outcome: 'done'; readonly units: readonly LoadingUnit[] }
  | { readonly outcome: 'exists' | 'in-use' | 'absent'; readonly units: readonly LoadingUnit[] }
  | Exclude<Done, { readonly outcome: 'done' }>;

export interface LoadingUnit {
  readonly name: string;
  readonly active: boolean;
}

/** `host`: with a key of the machine's disk; `auto`: also with its TPM if it has one. */
export const CREDENTIAL_KEYS = ['auto', 'host', 'tpm2', 'host+tpm2'] as const;
export type CredentialKey = (typeof CREDENTIAL_KEYS)[number];

export interface PutOptions {
  readonly withKey: CredentialKey;
  readonly replace: boolean;
  /** Public key of a seed, which is noted beside it; null for another value. */
  readonly publicKey: string | null;
}

/** Credentials of one network on one machine, by name: `NETWORK.SECRET.ENTRY`. */
export interface Credentials {
  readonly look: (
    names: readonly string[],
    signal: AbortSignal,
  ) => Promise<CredentialLook | { readonly failure: NotKnown }>;
  /** Public keys of all networks on the machine. */
  readonly publicKeys: (signal: AbortSignal) => Promise<MachineKeys | { readonly failure: NotKnown }>;
  /** Encrypts bytes on the machine. Keeps an existing value unless `replace`. */
  readonly put: (
    name: string,
    bytes: Uint8Array,
    options: PutOptions,
    signal: AbortSignal,
  ) => Promise<Changed>;
  /** Removes one; refused while a unit of the machine loads it, unless `inUse`. */
  readonly remove: (
    name: string,
    options: { readonly inUse: boolean },
    signal: AbortSignal,
  ) => Promise<Changed>;
}

export function machineCredentials(run: RunScript, network: string): Credentials {
  return {
    look: async (names, signal) => {
      const ran = await run(lookScript(network, names), signal);
      const failed = failureOf(ran);
      if (failed !== null || ran.kind !== 'ended') {
        const detail = failed !== null && 'detail' in failed ? failed.detail : '';
        const reason = failed?.outcome === 'forbidden' ? 'forbidden' : 'unreachable';
        return { failure: { reason, detail } };
      }
      return readLook(ran.out, names);
    },
    publicKeys: (signal) => machineKeys(run, network, signal),
    put: (name, bytes, options, signal) => change(run, putScript(network, name, bytes, options), signal),
    remove: (name, { inUse }, signal) => change(run, removeScript(network, name, inUse), signal),
  };
}

/** Credentials that units need and that are not there, or that this machine cannot decrypt for them. */
export async function missingCredentials(
  run: RunScript,
  network: string,
  expects: readonly Expected[],
  signal: AbortSignal,
): Promise<{ readonly missing: readonly Expected[] } | { readonly failure: NotKnown }> {
  if (expects.length === 0) return { missing: [] };
  const names = expects.map(({ name }) => name);
  const looked = await machineCredentials(run, network).look(names, signal);
  if ('failure' in looked) return looked;
  const old = tooOld(looked);
  return {
    missing: expects.flatMap((expected) => {
      const state = looked.states.get(expected.name) ?? 'missing';
      if (old !== null) return [{ ...expected, why: `${expected.why}; ${old}` }];
      if (state === 'there') return [];
      const why =
        state === 'missing' ? '' : '; the file exists, and was encrypted for another machine or name';
      return [{ ...expected, why: `${expected.why}${why}` }];
    }),
  };
}

/** Why a machine cannot have credentials, as a message; null if it can. */
export function tooOld({ systemd }: Pick<CredentialLook, 'systemd'>): string | null {
  if (systemd !== null && systemd >= OLDEST_SYSTEMD) return null;
  const found = systemd === null ? 'it has no systemd-creds' : `it has systemd ${systemd}`;
  return `${found}, and encrypted credentials need systemd ${OLDEST_SYSTEMD} or later`;
}

const VERSION = `version=$(systemd-creds --version 2>/dev/null | sed -n '1s/^systemd \\([0-9]*\\).*/\\1/p') || version=`;

function lookScript(network: string, names: readonly string[]): string {
  return [
    VERSION,
    'echo "version $version"',
    `look() {
  if [ ! -e "$2" ] && [ ! -L "$2" ]; then echo "state $1 missing"
  elif [ -f "$2" ] && [ ! -L "$2" ] && systemd-creds decrypt --name="$3" "$2" - >/dev/null 2>&1; then echo "state $1 there"
  else echo "state $1 unreadable"; fi
}`,
    ...names.map((name, at) => `look ${at} ${shellWord(credentialFile(name))} ${shellWord(name)}`),
    `for f in ${CREDENTIAL_FOLDER}/${shellWord(network)}.*.cred; do [ -e "$f" ] || continue; n=\${f##*/}; echo "name $(printf %s "\${n%.cred}" | base64 -w0)"; done`,
  ].join('\n');
}

function readLook(out: string, names: readonly string[]): CredentialLook | { readonly failure: NotKnown } {
  let systemd: number | null = null;
  const states = new Map<string, CredentialState>();
  const all: string[] = [];
  for (const line of out.split('\n')) {
    const [word, first = '', state = ''] = line.split(' ');
    if (word === 'version' && first !== '') systemd = Number(first);
    if (word === 'name') all.push(Buffer.from(first, 'base64').toString('utf8'));
    const name = names[Number(first)];
    if (word === 'state' && name !== undefined) states.set(name, state as CredentialState);
  }
  if (states.size !== new Set(names).size)
    return { failure: { reason: 'unreachable', detail: 'the answer of the machine cannot be read' } };
  return { systemd, states, all: all.toSorted() };
}

/** Exit statuses of scripts that made no change and list the units that load the credential. */
const REFUSED = { exists: 73, 'in-use': 75, absent: 66 } as const;

async function change(run: RunScript, script: string, signal: AbortSignal): Promise<Changed> {
  const ran = await run(script, signal);
  if (ran.kind !== 'ended') return { outcome: ran.kind, detail: ran.detail };
  const units = [...ran.out.matchAll(/^unit (\S+) (\S+)$/gm)].map(([, name = '', state]) => ({
    name,
    active: state === 'active',
  }));
  for (const [outcome, code] of Object.entries(REFUSED))
    if (ran.code === code) return { outcome: outcome as keyof typeof REFUSED, units };
  const failed = failureOf(ran);
  return failed === null || failed.outcome === 'done' ? { outcome: 'done', units } : failed;
}

/** Prints the units that load the credential. */
function loadingUnits(file: string): string {
  return `for u in $(grep -lF -- ${shellWord(`:${file}`)} ${UNIT_FOLDER}/*.service 2>/dev/null || :); do u=\${u##*/}; echo "unit $u $(systemctl is-active "$u" || :)"; done`;
}

/**
 * The bytes are in the script, which comes over standard input, as a word of a shell builtin: no process has
 * them among its arguments, and no file has them in plain, not even for a moment. A shell keeps
 * here-documents in files, so there is none. The encrypted file is read back before it gets its name.
 */
function putScript(
  network: string,
  name: string,
  bytes: Uint8Array,
  { withKey, replace, publicKey }: PutOptions,
): string {
  const file = credentialFile(name);
  const notes = notesFolder(network);
  const note = `${notes}/${name}`;
  const digest = createHash('sha256').update(bytes).digest('hex');
  const take = replace
    ? 'mv -T -- "$t" "$p"'
    : `ln -T -- "$t" "$p" || { [ -e "$p" ] && exit ${REFUSED.exists}; exit 74; }\nrm -f -- "$t"`;
  return `${VERSION}
[ "\${version:-0}" -ge ${OLDEST_SYSTEMD} ] || { echo "encrypted credentials need systemd ${OLDEST_SYSTEMD} or later, and \${version:-none} is there" >&2; exit 69; }
[ "$(command -v printf)" = printf ] || { echo 'printf is not part of the shell here, and the secret would be among its arguments' >&2; exit 69; }
umask 077
p=${shellWord(file)}
${loadingUnits(file)}
${replace ? '' : `if [ -e "$p" ] || [ -L "$p" ]; then exit ${REFUSED.exists}; fi`}
install -d -o root -g root -m 0700 -- ${CREDENTIAL_FOLDER}
t=$(mktemp -- ${CREDENTIAL_FOLDER}/.new-XXXXXX)
trap 'rm -f -- "$t"' EXIT
printf %s ${shellWord(Buffer.from(bytes).toString('base64'))} | base64 -d | systemd-creds encrypt --with-key=${withKey} --name=${shellWord(name)} - "$t"
[ "$(systemd-creds decrypt --name=${shellWord(name)} "$t" - | sha256sum | cut -c1-64)" = ${digest} ] || { echo 'the encrypted value cannot be read back' >&2; exit 65; }
chmod 0600 -- "$t"
sync -- "$t"
rm -f -- ${shellWord(note)}
${take}
trap - EXIT
sync -- ${CREDENTIAL_FOLDER}${publicKey === null ? '' : noteScript(notes, note, publicKey)}`;
}

/**
 * The note of a value that was replaced is removed before it, and written after it: a machine that stops
 * between has no note, and the key counts as unknown.
 */
function noteScript(notes: string, note: string, publicKey: string): string {
  return `
install -d -m 0755 -- ${shellWord(notes)}
(umask 022; printf '%s\\n' ${shellWord(publicKey)} > ${shellWord(`${note}.new`)})
sync -- ${shellWord(`${note}.new`)}
mv -T -- ${shellWord(`${note}.new`)} ${shellWord(note)}
sync -- ${shellWord(notes)}`;
}

/**
 * A machine that stops between the two leaves a note without its value. It would keep the key from other
 * nodes, so a second removal takes it away.
 */
function removeScript(network: string, name: string, inUse: boolean): string {
  const file = shellWord(credentialFile(name));
  const note = shellWord(`${notesFolder(network)}/${name}`);
  return `[ -e ${file} ] || [ -L ${file} ] || { rm -f -- ${note}; exit ${REFUSED.absent}; }
units=$(${loadingUnits(credentialFile(name))})
[ -z "$units" ] || echo "$units"
${inUse ? '' : `[ -z "$units" ] || exit ${REFUSED['in-use']}`}
rm -f -- ${file}
sync -- ${CREDENTIAL_FOLDER}
rm -f -- ${note}`;
}
