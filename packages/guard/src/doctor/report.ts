import { z } from 'zod';

/** The groups in the order of the report. */
export const GROUPS = {
  keystore: 'Key files',
  session: 'Session keys on chain',
  duties: 'Blocks and votes',
  staking: 'Stake and rewards',
  unit: 'Service unit',
  node: 'Node',
  network: 'RPC',
  disk: 'Disk and database',
  others: 'Other machines',
  speed: 'Speed of the disk',
} as const;

export type GroupId = keyof typeof GROUPS;

const FINDING = ['F', 'E', 'D', 'C'] as const;
const text = z.string();
const group = z.enum(Object.keys(GROUPS) as [GroupId]);
const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();

const found = z.object({
  letter: z.enum(FINDING),
  /** A path, a unit, an address or a key. With the check it is the identity of the finding. */
  subject: text,
  what: text,
  evidence: list(text),
  /** The harm that it can do. */
  cost: text,
  /** A command, or the edit to make. */
  mend: text,
});
const finding = found.extend({ check: text, group });
const notLooked = z.object({ check: text, group, title: text, why: text, asked: z.boolean() });

/** One problem, as its check reports it. The letters are in docs/decisions/0040-doctor.md. */
export type Found = Readonly<z.output<typeof found>>;
export type FindingLetter = Found['letter'];
/** `check` is the id of its check. */
export type Finding = Readonly<z.output<typeof finding>>;
/** `asked` is false if the input for it was not given. */
export type NotLooked = Readonly<z.output<typeof notLooked>>;

export const reportShape = z.object({
  version: z.literal(1),
  atMs: z.number(),
  /** The places that were looked at. */
  places: list(text),
  /** The letter of a group is `-` if no check of it looked. */
  groups: list(z.object({ id: group, title: text, letter: z.enum([...FINDING, 'B', 'A', '-']) })),
  /** The worst first. */
  findings: list(finding),
  /** Ids of the checks that looked at everything. */
  looked: list(text),
  notLooked: list(notLooked),
  disk: z.object({ path: text, freeBytes: z.number(), totalBytes: z.number() }).nullable(),
});

/** The answer of the doctor; `--json` prints it, and `--since` reads it. */
export type Report = Readonly<z.output<typeof reportShape>>;
export type Letter = Report['groups'][number]['letter'];

/** Groups of other machines, and those that need a flag in any case. */
const APART: ReadonlySet<GroupId> = new Set(['staking', 'others', 'speed']);

/**
 * The answer as a whole, in one letter: that of the worst group. A group of this machine that was not looked
 * at counts as B, since an unknown is never good.
 */
export function letterOfAll({ groups }: Report): Letter {
  const letters = groups
    .filter(({ id, letter }) => letter !== '-' || !APART.has(id))
    .map(({ letter }) => (letter === '-' ? 'B' : letter));
  return letters.toSorted().at(-1) ?? '-';
}

const row = z.object({ kind: text, publicKey: text, places: list(text) });
export type KeyRow = Readonly<z.output<typeof row>>;

export const inventoryShape = z.object({
  version: z.literal(1),
  atMs: z.number(),
  /** All places that were looked at, machines and files among them. */
  places: list(text),
  /** Those in several places first. */
  keys: list(row),
  findings: list(found),
  notLooked: list(z.object({ place: text, why: text })),
});

/** The answer about an inventory; `--json` prints it, and `--since` reads it. */
export type InventoryReport = Readonly<z.output<typeof inventoryShape>>;
