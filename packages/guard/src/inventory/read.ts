import { isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import type { Machine } from '../inspect/places.ts';
import { record, recordsOf } from '../inspect/records.ts';
import { ansible, iniGroups, yamlGroups } from './ansible.ts';
import { helmValues, manifests } from './kubernetes.ts';
import { type Inventory, seenPlace, unseen } from './place.ts';
import { sshConfig } from './ssh-config.ts';
import { compose, unit } from './workloads.ts';

/** Reads a file as the tool of its form does. `file` is its full path; `machine` reads what it names. */
export async function readInventory(file: string, text: string, machine: Machine): Promise<Inventory> {
  const found = await readForm(file, text.replaceAll('\r\n', '\n'), machine);
  const { targets, places } = 'targets' in found ? found : { targets: [], places: found };
  const isEmpty = targets.length + places.length === 0;
  const closed = [...machine.closed, ...machine.unknown].map((each) => unseen(each, 'it cannot be read'));
  const own = isEmpty ? unseen(file, 'it names no host and no signer') : seenPlace(file);
  return { targets, places: [...places, ...closed, own] };
}

/** Machines to look at with places, or places alone. */
async function readForm(
  file: string,
  text: string,
  machine: Machine,
): Promise<Inventory | Inventory['places']> {
  if (/^\$ANSIBLE_VAULT/.test(text)) return [unseen(file, 'it is in a vault')];
  if (/^\s*\[Service\]/m.test(text)) return unit(file, text, machine);
  if (/^\s*(?:Host|Match|Include)[ \t=]+\S/im.test(text)) return sshConfig(file, text, machine);
  const records = recordsOf(text);
  const [first] = records ?? [];
  if (records === null || first === undefined) {
    // A list of hosts is no record either; a template or broken YAML has no form that a tool reads.
    const isBroken = /\.(?:ya?ml|json)$/.test(file) || /^\s*(?:- |\{\{)/m.test(text);
    const why = 'it is no YAML: of a chart, give the output of helm template';
    return isBroken ? [unseen(file, why)] : ansible(file, iniGroups(text), machine);
  }
  if (isRecord(first.services)) return compose(file, first, machine);
  if (records.some(({ apiVersion, kind }) => apiVersion !== undefined && kind !== undefined))
    return manifests(file, records, machine);
  if (isAnsible(first)) return ansible(file, yamlGroups(first), machine);
  return helmValues(file, first);
}

function isAnsible(value: JsonRecord): boolean {
  const isGroup = (body: Json): boolean => ['hosts', 'children'].some((name) => name in record(body));
  return '_meta' in value || Object.values(value).some(isGroup);
}
