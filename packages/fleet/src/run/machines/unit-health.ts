import type { Json } from '@watchbill/kit';
import { shellWord } from '@watchbill/kit/ssh';
import type { Health } from '../../file/live/index.ts';
import type { Identity } from '../apply/identity.ts';
import { readTraits } from '../apply/machine-traits.ts';
import { judgedHealth } from '../apply/node-health.ts';
import { failureOf } from './failure.ts';
import { UNIT_FOLDER } from './script.ts';
import type { RunScript } from './ssh.ts';

const DEFAULT_RPC_PORT = 9944;

/** The DMI UUID of a container is that of its host. `ssh-keygen` comes with every sshd of OpenSSH. */
export const IDENTITY_SCRIPT = `cat /etc/machine-id
uuid=/sys/class/dmi/id/product_uuid
if [ -r "$uuid" ] && ! systemd-detect-virt --quiet --container; then printf 'dmi %s\\n' "$(cat "$uuid" || :)"; fi
for key in /etc/ssh/ssh_host_*_key.pub; do
  [ ! -r "$key" ] || printf 'key %s\\n' "$(ssh-keygen -l -E sha256 -f "$key" 2>/dev/null | cut -d ' ' -f 2)"
done`;

/**
 * The machine id, made once with the system, and the traits of the machine. Clones have the machine id too.
 */
export async function machineIdentity(run: RunScript, signal: AbortSignal): Promise<Identity> {
  const read = await outOf(run, IDENTITY_SCRIPT, signal);
  if (!read.ok) return read;
  const [id = '', ...lines] = read.identity.split('\n');
  if (!/^[0-9a-f]{32}$/.test(id)) return noIdentity('the machine has no machine id');
  return { ok: true, identity: id, traits: readTraits(lines) };
}

/**
 * Another one after each start of the machine: id of the boot, and start of process 1, which a container has
 * for itself.
 */
export async function machineStart(run: RunScript, signal: AbortSignal): Promise<Identity> {
  const script = `echo "$(cat /proc/sys/kernel/random/boot_id) $(sed 's/.*) //' /proc/1/stat | cut -d ' ' -f 20)"`;
  const read = await outOf(run, script, signal);
  if (read.ok && !/^[0-9a-f-]{36} \d+$/.test(read.identity))
    return noIdentity('the machine does not report when it started');
  return read;
}

function noIdentity(detail: string): Identity {
  return { ok: false, reason: 'unreachable', detail };
}

async function outOf(run: RunScript, script: string, signal: AbortSignal): Promise<Identity> {
  const ran = await run(script, signal);
  const failed = failureOf(ran);
  if (failed === null && ran.kind === 'ended') return { ok: true, identity: ran.out.trim() };
  const detail = failed !== null && 'detail' in failed ? failed.detail : 'its answer is cut short';
  return { ok: false, reason: failed?.outcome === 'forbidden' ? 'forbidden' : 'unreachable', detail };
}

/**
 * The health of a unit: its state in systemd, and whether its RPC listens, because systemd also calls a
 * program running that is about to end. A permission service must also grant: the address `Ready=` of its
 * unit answers 200. An item other than a unit is healthy if it exists, as the read shows.
 */
export async function unitHealth(
  run: RunScript,
  place: string,
  id: string,
  signal: AbortSignal,
): Promise<Health> {
  const name = unitOf(place, id);
  if (name === null) return { state: 'healthy' };
  const file = shellWord(`${UNIT_FOLDER}/${name}`);
  const script = `file=${file}
[ -f ${file} ] && echo there || echo gone; systemctl show --property=ActiveState,SubState --value ${shellWord(name)} || :
[ -f ${file} ] || exit 0
${rpcPortOf(file)}
if [ -z "$port" ]; then echo listens; else
  grep -q ":$(printf %04X "$port") 0*:0000 0A " /proc/net/tcp /proc/net/tcp6 2>/dev/null && echo listens || echo "silent $port"
fi
${READY}`;
  const ran = await run(script, signal);
  const failed = failureOf(ran);
  if (failed !== null || ran.kind !== 'ended')
    return { state: 'unknown', detail: failed !== null && 'detail' in failed ? failed.detail : '' };
  const [there, active = '', sub = '', rpc = 'listens', ready = 'ready'] = ran.out.trim().split('\n');
  if (active === 'failed') return { state: 'failed', detail: `${name} failed (${sub})` };
  if (there === 'gone' && active === 'inactive') return { state: 'gone' };
  if (there === 'there' && active === 'active' && sub === 'running') return runningHealth(name, rpc, ready);
  return { state: 'waiting', detail: `${name} is ${active} (${sub})` };
}

/**
 * Prints whether the service of `$file` grants. The certificate is not checked: it names the machine and not
 * the loopback address, and no secret is sent.
 */
export const READY = `ready=$(sed -n 's/^Ready=//p' "$file" | head -n 1)
if [ -z "$ready" ]; then echo ready
elif ! command -v curl >/dev/null; then echo nocurl
else
  answer=$(curl --silent --insecure --max-time 5 --output /dev/null --write-out '%{http_code}' "$ready") || :
  [ "$answer" = 200 ] && echo ready || echo "unready $answer"
fi`;

function runningHealth(name: string, rpc: string, ready: string): Health {
  if (rpc !== 'listens')
    return { state: 'waiting', detail: `${name} runs, but does not listen on port ${rpc.split(' ')[1]} yet` };
  if (ready === 'ready') return { state: 'healthy' };
  if (ready === 'nocurl') return { state: 'unknown', detail: noCurl(name) };
  return { state: 'waiting', detail: `${name} runs, but /readyz answers ${ready.split(' ')[1]}, not 200` };
}

function noCurl(name: string): string {
  return `${name} cannot be checked: curl is not on the machine; Debian: apt-get install curl`;
}

export async function signerHealth(
  run: RunScript,
  place: string,
  id: string,
  signal: AbortSignal,
): Promise<Health> {
  const name = unitOf(place, id);
  if (name === null) return { state: 'unknown', detail: `${id} is not a unit` };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'system_health', params: [] });
  const script = `${rpcPortOf(shellWord(`${UNIT_FOLDER}/${name}`))}
command -v curl >/dev/null || { echo nocurl; exit 0; }
curl --silent --max-time 10 --header 'content-type: application/json' --data ${shellWord(body)} "http://127.0.0.1:\${port:-${DEFAULT_RPC_PORT}}"`;
  const ran = await run(script, signal);
  if (ran.kind !== 'ended' || ran.code !== 0)
    return { state: 'unknown', detail: `${name} does not report its health over RPC` };
  if (ran.out.trim() === 'nocurl') return { state: 'unknown', detail: noCurl(name) };
  try {
    return judgedHealth(name, JSON.parse(ran.out) as Json);
  } catch {
    return { state: 'unknown', detail: `${name} did not answer with its health` };
  }
}

/** Sets `port` to that of the command line of a unit; to the empty string if it names none. */
function rpcPortOf(file: string): string {
  return `port=$(grep '^ExecStart=' ${file} | grep -o -- '--rpc-port[= ][0-9]*' | head -n 1 | tr -dc 0-9)`;
}

/** Name of the unit; null if the id is of another kind. */
export function unitOf(place: string, id: string): string | null {
  const start = `${place}/unit/`;
  return id.startsWith(start) ? id.slice(start.length) : null;
}
