import type { UnitField } from './units.ts';

/** The pieces of a unit, each signed on its own; `enter` opens a unit and signs nothing. */
export const PARTS = [
  'enter',
  'seal',
  'propose',
  'prevote',
  'precommit',
  'vote',
  'heartbeat',
  'schedule',
] as const;
export type Part = (typeof PARTS)[number];

/**
 * A kind of signing, as data. The table is section 3 of the claim protocol (in words for operators:
 * docs/duty/explanation/safety.md).
 */
export interface Duty {
  readonly name: string;
  readonly fields: readonly UnitField[];
  /** Parts in the order in which they are taken; the first is `enter` if the duty has an opening. */
  readonly parts: readonly Part[];
  /** Exact digest length in bytes; 0 if the signed bytes change between equal acts, so none is bound. */
  readonly digestBytes: number;
  /** The claimants that may get the answer to an equal claim again. */
  readonly repeat: 'same-incarnation' | 'same-digest' | 'never';
  /** The owner of a unit: one start of the process, or the node across restarts. */
  readonly owner: 'incarnation' | 'node';
  /** How many units above the floor are remembered one by one (W). */
  readonly window: number;
  /** The source of the limit for new units: the service's clock, or reports of observers. */
  readonly ceiling: 'clock' | 'observed';
  /** `every-ready`: any ready node after its standby delay; `on-watch`: the active node. */
  readonly claimants: 'every-ready' | 'on-watch';
}

const slot: UnitField = { name: 'slot', bits: 64 };
const number: UnitField = { name: 'number', bits: 32 };
const setId: UnitField = { name: 'set', bits: 64 };
/** BEEFY counts its validator sets by itself: one for every session, changed or not. */
const beefySetId: UnitField = { name: 'beefySet', bits: 64 };
const round: UnitField = { name: 'round', bits: 64 };
const block: UnitField = { name: 'block', bits: 32 };
const session: UnitField = { name: 'session', bits: 32 };
/**
 * The first 8 bytes of the identifier of the relay parent. Two that begin alike share a unit, which only
 * denies.
 */
const relayParent: UnitField = { name: 'relayParent', bits: 64 };
/** The same of the relay block that schedules a parachain. */
const scheduler: UnitField = { name: 'schedulingParent', bits: 64 };
const core: UnitField = { name: 'core', bits: 32 };

const sealed = {
  parts: ['seal'],
  digestBytes: 32,
  repeat: 'same-incarnation',
  owner: 'incarnation',
  ceiling: 'clock',
  claimants: 'every-ready',
} as const;
const voted = { repeat: 'same-digest', owner: 'node', ceiling: 'observed', claimants: 'on-watch' } as const;

/**
 * The duties that ship. `aura-blocks` is `aura` on chains with several blocks a slot (unit: slot, block
 * number). `aura-parachain` is the block of a collator: a fork of the relay chain makes the same slot and
 * number legal again, on another relay parent. Several forks may be open at once, and their order is not that
 * of time, so it remembers more than one unit. `aura-scheduling` is the signature with which a collator
 * submits blocks again, once for each core and scheduling parent. A GRANDPA digest is the 32-byte target hash
 * followed by the target number as 8 bytes big-endian.
 */
export const DUTIES: readonly Duty[] = [
  { ...sealed, name: 'babe', fields: [slot], window: 1 },
  { ...sealed, name: 'aura', fields: [slot], window: 1 },
  { ...sealed, name: 'aura-blocks', fields: [slot, number], window: 1 },
  { ...sealed, name: 'aura-parachain', fields: [slot, number, relayParent], window: 64 },
  { ...sealed, name: 'aura-scheduling', fields: [slot, core, scheduler], parts: ['schedule'], window: 64 },
  {
    ...voted,
    name: 'grandpa',
    fields: [setId, round],
    parts: ['enter', 'propose', 'prevote', 'precommit'],
    digestBytes: 40,
    window: 64,
  },
  { ...voted, name: 'beefy', fields: [beefySetId, block], parts: ['vote'], digestBytes: 32, window: 1 },
  {
    ...voted,
    name: 'im-online',
    fields: [session],
    parts: ['heartbeat'],
    digestBytes: 0,
    repeat: 'never',
    owner: 'incarnation',
    window: 1,
  },
];

export const DUTY_NAMES: readonly string[] = DUTIES.map(({ name }) => name);

const byName = new Map(DUTIES.map((duty) => [duty.name, duty]));

/** A duty of the table; null for any other name, for example of a later release. */
export function dutyNamed(name: string): Duty | null {
  return byName.get(name) ?? null;
}

/** True if the slot of a unit is that of a block of the relay chain: it may be over before it is signed. */
export function slotOfRelayParent({ fields }: Duty): boolean {
  return fields.some((field) => field === relayParent || field === scheduler);
}

/** True if each unit of the duty has a separate record, beside the head of the mark. */
export function hasUnitRecords(duty: Duty): boolean {
  return duty.window > 1;
}

/** True if a unit is a round of an authority set. */
export function isRoundOfSet({ fields }: Duty): boolean {
  return fields[0] === setId && fields[1] === round;
}
