import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { messageOf } from '@watchbill/kit';
import type { MachineItem, MachineResource } from '../../file/graph/index.ts';
import type { Done, LiveResource } from '../../file/live/index.ts';
import { failureOf } from './failure.ts';
import { liveOf, lookAt, type OnMachine } from './look.ts';
import { readItems } from './read-items.ts';
import { removeRecordScript, writeRecordScript } from './record.ts';
import { applyScript, readScript, removeScript } from './script.ts';

/** Makes the declared item if the machine still has the item of the plan. */
export async function applyItem(
  machine: OnMachine,
  resource: MachineResource,
  basedOn: string | null,
  signal: AbortSignal,
): Promise<Done> {
  const { id, body, subject, lifecycle } = resource;
  const looked = await lookAt(machine, [resource], signal);
  if ('failure' in looked) return { outcome: looked.failure.reason, detail: looked.failure.detail };
  const unfit = unfitFor(id, looked.live.get(id), basedOn);
  if (unfit !== null) return unfit;
  const content = contentOf(body);
  if (typeof content === 'string') return { outcome: 'invalid', detail: content };
  const { network } = machine;
  const parts = [
    writeRecordScript(network, resource),
    applyScript(body, content),
    readScript(network, [body]),
  ];
  const ran = await machine.run(parts.join('\n'), signal);
  const failed = failureOf(ran);
  if (failed !== null || ran.kind !== 'ended') return failed ?? { outcome: 'unknown', detail: id };
  const item = readItems(ran.out, [body])?.items[0];
  if (!item) return { outcome: 'unknown', detail: `${id} was made, and does not exist afterwards` };
  return { outcome: 'done', fingerprint: liveOf(machine, id, item, { subject, lifecycle }).fingerprint };
}

/** Removes our files, if they are unchanged since the plan. */
export async function removeItem(
  machine: OnMachine,
  id: string,
  basedOn: string,
  signal: AbortSignal,
): Promise<Done> {
  const looked = await lookAt(machine, [], signal);
  if ('failure' in looked) return { outcome: looked.failure.reason, detail: looked.failure.detail };
  const record = looked.records.get(id);
  if (record === undefined) return { outcome: 'done', fingerprint: null };
  const live = looked.live.get(id);
  const unfit = live === undefined ? null : unfitFor(id, live, basedOn);
  if (unfit !== null) return unfit;
  const script = `${removeScript(record.item)}\n${removeRecordScript(machine.network, id)}`;
  return failureOf(await machine.run(script, signal)) ?? { outcome: 'done', fingerprint: null };
}

/** The bytes of a binary that is stored here and not at an address, or a message why there are none. */
function contentOf(item: MachineItem): Uint8Array | null | string {
  if (item.kind !== 'binary' || !item.source.startsWith('/')) return null;
  try {
    const content = readFileSync(item.source);
    const digest = createHash('sha256').update(content).digest('hex');
    return digest === item.sha256 ? content : `${item.source} has the SHA-256 ${digest}`;
  } catch (error) {
    return messageOf(error);
  }
}

function unfitFor(id: string, live: LiveResource | undefined, basedOn: string | null): Done | null {
  if (basedOn === null)
    return live === undefined ? null : { outcome: 'changed', detail: `${id} is there now; plan again` };
  if (live === undefined) return { outcome: 'changed', detail: `${id} is gone; plan again` };
  return live.fingerprint === basedOn
    ? null
    : { outcome: 'changed', detail: `${id} was changed after the plan; plan again` };
}
