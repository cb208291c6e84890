import type { MachineResource } from '@watchbill/fleet/graph';
import { keysOf } from '@watchbill/fleet/graph';
import type { LiveResource } from '@watchbill/fleet/live';
import { failureOf } from './failure.ts';
import { type Known, knownOf, liveOf, type OnMachine } from './look.ts';
import { readRecord } from './record.ts';
import { quote, recordFolder } from './script.ts';

/** Units of other networks on a machine that have keys with the name of those of a resource: another file may name the same keys. */
export async function signersOfOthers(
  { run, place, network }: OnMachine,
  resources: readonly MachineResource[],
  signal: AbortSignal,
): Promise<{ readonly signers: readonly LiveResource[] } | { readonly failure: Known }> {
  const keys = new Set(resources.flatMap(({ subject }) => namedKeys(subject.keySet)));
  if (keys.size === 0) return { signers: [] };
  const ran = await run(recordsScript(network), signal);
  const failed = failureOf(ran);
  if (failed !== null || ran.kind !== 'ended') return { failure: knownOf(failed) };
  const signers: LiveResource[] = [];
  for (const line of ran.out.split('\n')) {
    const [word, other = '', text = ''] = line.split(' ');
    if (word !== 'record') continue;
    const record = readRecord(Buffer.from(text, 'base64').toString('utf8'));
    // An unreadable record may belong to a signer with these keys.
    if (record === null)
      return {
        failure: { reason: 'unreachable', detail: `a record of the network ${other} cannot be read` },
      };
    const { item, subject } = record;
    if (item.kind !== 'unit' || !namedKeys(subject.keySet).some((name) => keys.has(name))) continue;
    signers.push(liveOf({ place, network: other }, `${place.name}/unit/${item.name}`, item, record));
  }
  return { signers };
}

/** A line `record NETWORK RECORD` for each record of another network; the record in base64. */
function recordsScript(network: string): string {
  const own = quote(recordFolder(network));
  const all = recordFolder('*');
  return `for d in ${all}; do [ "$d" != ${own} ] || continue; for f in "$d"/*.json; do [ -f "$f" ] && { printf 'record %s ' "\${d##*/}"; base64 -w0 < "$f"; echo; }; done; done; true`;
}

/** The name of keys that were generated in a node contains its network. */
function namedKeys(use: string | null): readonly string[] {
  return use === null || use.startsWith('born.') ? [] : [keysOf(use)];
}
