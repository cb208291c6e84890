import type { MachineResource, Place } from '../../../../file/graph/index.ts';
import type { Done, Health, PlaceRead } from '../../../../file/live/index.ts';
import type { IdentifiedTarget } from '../../../apply/identity.ts';
import type { MachineTraits } from '../../../apply/machine-traits.ts';
import { type FakeRecords, fakeRecords } from '../../../apply/testing/fake-records.ts';
import type { Credentials } from '../../../machines/credentials.ts';
import { liveOf, proposalOf } from '../../../machines/look.ts';
import { keysOnMachine, machineKeys } from '../../../machines/session-keys.ts';
import type { RunScript } from '../../../machines/ssh.ts';
import { publicKey } from './claims.ts';
import { heldOf, type Process } from './world.ts';

export type MachinePlace = Place & { readonly target: 'machine' };

/** A machine with systemd. Copies share machine id and host key; their start and hardware differ. */
export interface SimulatedMachine {
  readonly name: string;
  readonly machineId: string;
  readonly start: string;
  readonly traits: MachineTraits;
  /** Seeds by credential, as texts. */
  readonly credentials: Map<string, string>;
  /** Public keys by credential. */
  readonly notes: Map<string, string>;
  readonly records: Map<string, MachineResource>;
  readonly shared: FakeRecords;
  /** Public keys of running units. */
  readonly running: Map<string, readonly string[]>;
  /** Keys that were inserted into running units by RPC, until they end. No file shows them. */
  readonly inserted: Map<string, readonly string[]>;
  /** Does not answer, and its units run on. */
  isCut: boolean;
  /** Gone for good. */
  isScrapped: boolean;
  readonly processes: () => readonly Process[];
}

const NETWORK = 'net';

export function createMachine(name: string, machineId: string): SimulatedMachine {
  const traits = { dmiUuid: `hardware of ${name}`, hostKeys: [`host key of ${machineId}`] };
  const running: SimulatedMachine['running'] = new Map();
  const machine: SimulatedMachine = {
    ...{ name, machineId, traits, start: `start of ${name}`, running, isCut: false, isScrapped: false },
    ...{
      inserted: new Map(),
      credentials: new Map(),
      notes: new Map(),
      records: new Map(),
      shared: fakeRecords(),
    },
    processes: () =>
      [...running].map(([unit, keys]) => ({
        ...{ id: `${name}/${unit}`, home: machine },
        keys: [...keys, ...(machine.inserted.get(unit) ?? [])],
      })),
  };
  return machine;
}

/** A copy with the same machine id, credentials and notes, in which no unit was made. */
export function cloneOf(machine: SimulatedMachine, name: string): SimulatedMachine {
  const clone = createMachine(name, machine.machineId);
  for (const [credential, seed] of machine.credentials) clone.credentials.set(credential, seed);
  for (const [credential, key] of machine.notes) clone.notes.set(credential, key);
  for (const [name, record] of machine.shared.stored) clone.shared.stored.set(name, record);
  return clone;
}

export function scrap(machine: SimulatedMachine): void {
  machine.isScrapped = true;
  machine.running.clear();
  machine.inserted.clear();
}

const AWAY = { reason: 'unreachable', detail: 'no route to host' } as const;

function answers(machine: SimulatedMachine | null): machine is SimulatedMachine {
  return machine !== null && !machine.isCut && !machine.isScrapped;
}

/** The target of an address, over the real look at keys. */
export function machineTargetOf(machine: SimulatedMachine | null, place: MachinePlace): IdentifiedTarget {
  if (!answers(machine)) return awayTarget(place);
  const { records } = machine;
  const on = { run: lookRun(machine), place, network: NETWORK };
  const unfit = (id: string, basedOn: string | null): Done | null => {
    const record = records.get(id);
    const found = record === undefined ? null : liveOf(on, id, record.body, record).fingerprint;
    return found === basedOn ? null : { outcome: 'changed', detail: `${id} is another` };
  };
  return {
    place,
    identity: async () => ({ ok: true, identity: machine.machineId, traits: machine.traits }),
    shared: () => machine.shared,
    start: async () => ({ ok: true, identity: machine.start }),
    read: async (_network, resources, expects, signal, isKeyed): Promise<PlaceRead> => {
      const own = resources.filter((one): one is MachineResource => one.target === 'machine');
      const live = new Map([...records].map(([id, one]) => [id, liveOf(on, id, one.body, one)] as const));
      const keys = await keysOnMachine(on, own, [...live.values()], signal, isKeyed);
      if ('failure' in keys) return { ok: false, place: place.name, ...keys.failure };
      const proposals = new Map(own.map((one) => [one.id, proposalOf(one, live.get(one.id))]));
      for (const one of [...keys.others, ...keys.stores]) live.set(one.id, one);
      const missing = expects.filter(({ name }) => !machine.credentials.has(name));
      return { ok: true, state: { place: place.name, live, proposals, missing } };
    },
    apply: async (resource, basedOn) => {
      if (resource.target !== 'machine') throw new TypeError(`${resource.id} is not for a machine`);
      const refused = unfit(resource.id, basedOn);
      if (refused !== null) return refused;
      records.set(resource.id, resource);
      restart(machine, resource);
      const { fingerprint } = liveOf(on, resource.id, resource.body, resource);
      return { outcome: 'done', fingerprint };
    },
    remove: async (id, basedOn) => {
      const record = records.get(id);
      if (record === undefined) return { outcome: 'done', fingerprint: null };
      const refused = unfit(id, basedOn);
      if (refused !== null) return refused;
      records.delete(id);
      stop(machine, record.name);
      return { outcome: 'done', fingerprint: null };
    },
    health: async (id): Promise<Health> => {
      const record = records.get(id);
      if (record === undefined) return { state: 'gone' };
      if (machine.running.has(record.name)) return { state: 'healthy' };
      return { state: 'failed', detail: `${record.name} failed` };
    },
    signer: async () => ({ state: 'healthy' }),
    holds: async ({ name }, keys) => heldOf(machine.processes(), `${machine.name}/${name}`, keys),
  };
}

function awayTarget(place: MachinePlace): IdentifiedTarget {
  const away = async () => ({ ok: false, ...AWAY }) as const;
  const notDone = async () => ({ outcome: 'unreachable', detail: AWAY.detail }) as const;
  return {
    place,
    shared: () => ({ read: away, write: notDone }),
    identity: away,
    start: away,
    read: async () => ({ ok: false, place: place.name, ...AWAY }),
    apply: notDone,
    remove: notDone,
    health: async () => ({ state: 'unknown', detail: AWAY.detail }),
  };
}

function stop({ running, inserted }: SimulatedMachine, unit: string): void {
  running.delete(unit);
  inserted.delete(unit);
}

/** Starts a unit again. It inserts the seeds of its credentials into a keystore that was empty. */
export function restart(machine: SimulatedMachine, { name, body }: MachineResource): void {
  const text = body.kind === 'unit' ? body.text : '';
  const inserted = [...text.matchAll(/--scheme=(ed25519)[^\n]*?--suri=[^"\s]*\/([^"\s/]+)/g)];
  const keys = inserted.map(([, , credential = '']) => {
    const seed = machine.credentials.get(credential);
    return seed === undefined ? null : publicKey(seed);
  });
  const known = keys.filter((key) => key !== null);
  stop(machine, name);
  if (known.length === keys.length) machine.running.set(name, known);
}

const encoded = (text: string): string => Buffer.from(text).toString('base64');

/** Answers the look at keys as the script does. */
function lookRun(machine: SimulatedMachine): RunScript {
  return async () => {
    const units = [...machine.records.values()].flatMap(({ name, body }) => {
      const files = (machine.running.get(name) ?? []).map(
        (key) => `key ${encoded(name)} ${encoded(`${Buffer.from('gran').toString('hex')}${key.slice(2)}`)}`,
      );
      return [`unit ${encoded(name)} ${encoded(body.kind === 'unit' ? body.text : '')}`, ...files];
    });
    const strangers = [...machine.running].flatMap(([name, keys]) =>
      machine.records.size > 0 && [...machine.records.values()].some((one) => one.name === name)
        ? []
        : [
            `process ${encoded(name)} ${encoded('polkadot\0--validator')}`,
            ...keys.map((key) => `key ${encoded(name)} ${encoded(`6772616e${key.slice(2)}`)}`),
          ],
    );
    const notes = [...machine.notes].map(([name, key]) => `note ${encoded(name)} ${encoded(key)}`);
    return { kind: 'ended', code: 0, out: [...units, ...strangers, ...notes].join('\n'), err: '' };
  };
}

/** `isCutShort`: the machine stops after the new value is there and before its key is noted. */
export function credentialsOf(
  machine: SimulatedMachine | null,
  isCutShort: boolean,
): Credentials & { readonly close: () => void } {
  const away = async () => ({ failure: AWAY });
  return {
    look: away,
    publicKeys: async (signal) =>
      answers(machine) ? machineKeys(lookRun(machine), NETWORK, signal) : away(),
    put: async (name, bytes, { replace, publicKey }) => {
      if (!answers(machine)) return { outcome: 'unreachable', detail: AWAY.detail };
      if (machine.credentials.has(name) && !replace) return { outcome: 'exists', units: [] };
      machine.notes.delete(name);
      machine.credentials.set(name, Buffer.from(bytes).toString());
      if (isCutShort) return { outcome: 'unknown', detail: 'the connection ended' };
      if (publicKey !== null) machine.notes.set(name, publicKey);
      return { outcome: 'done', units: [] };
    },
    remove: async () => ({ outcome: 'unreachable', detail: 'not simulated' }),
    close: () => undefined,
  };
}
