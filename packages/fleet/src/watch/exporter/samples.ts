import { BACKUP_SERIES } from '../../run/backup/index.ts';
import type { Sample } from './catalogue.ts';
import type { SlotCounts } from './follow.ts';
import { KEY_SETS, type KeySet } from './held.ts';
import { type Known, unknown } from './known.ts';
import type { ChainLook, Look, StashLook } from './look.ts';
import type { Target } from './target.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * An unknown fact with its reason. The reason goes to the log, because a label must not grow without bound.
 */
export interface Doubt {
  readonly labels: Labels;
  readonly what: string;
  readonly why: string;
}

export interface LookSamples {
  readonly samples: readonly Sample[];
  readonly doubts: readonly Doubt[];
}

/** Collects facts: a known fact becomes a sample, an unknown one is listed with its reason. */
interface Writer {
  readonly add: (metric: Sample['metric'], labels: Labels, value: number) => void;
  readonly tell: <Value>(
    what: string,
    labels: Labels,
    fact: Known<Value>,
    write: (value: Value) => void,
  ) => void;
}

/** The series of a look. `network` and `place` are those of the exporter. */
export function samplesOf(look: Look, network: string, place: string): LookSamples {
  const samples: Sample[] = [];
  const doubts: Doubt[] = [];
  const writer: Writer = {
    add: (metric, labels, value) => samples.push({ metric, labels, value }),
    tell: (what, labels, fact, write) => {
      if (fact.known) write(fact.value);
      else doubts.push({ labels, what, why: fact.why });
    },
  };
  const here = { network, place };
  for (const { target, node, head, version, runtime, stash, disk } of look.nodes) {
    const labels = labelsOf(network, target);
    if (node !== null) {
      writer.add('answers', labels, head.known ? 1 : 0);
      writer.tell('head', labels, head, ({ number }) => writer.add('height', labels, number));
      writer.tell('version', labels, version, (text) => writer.add('info', { ...labels, version: text }, 1));
      writer.tell('runtime', labels, runtime, (one) =>
        writer.add('runtime', { ...labels, runtime: one.name }, one.version),
      );
    }
    if (stash !== null) writeStash(writer, { ...labels, stash: target.stashText }, target, stash);
    if (disk !== null)
      writer.tell('disk', labels, disk.room, ({ availableBytes, sizeBytes }) => {
        writer.add('diskAvailable', { ...labels, path: disk.path }, availableBytes);
        writer.add('diskSize', { ...labels, path: disk.path }, sizeBytes);
      });
  }
  for (const chain of look.chains) writeChain(writer, here, chain);
  for (const { name, end } of look.certificates)
    writer.tell('certificate', { ...here, node: name }, end, (seconds) =>
      writer.add('certificateEnd', { ...here, endpoint: name }, seconds),
    );
  writeBackups(writer, here, look.backups);
  // Once for each set of labels: the board adds equal ones up, and an alert reads the value 1.
  const facts = new Map(
    doubts.map(({ labels, what }) => [JSON.stringify([labels, what]), { ...labels, what }]),
  );
  for (const labels of facts.values()) samples.push({ metric: 'unknown', labels, value: 1 });
  return { samples, doubts };
}

function labelsOf(network: string, { place, pool, role, name }: Target): Labels {
  return { network, place, pool, role, node: name };
}

function writeStash(writer: Writer, labels: Labels, target: Target, look: StashLook): void {
  const expected = target.waits ? 'no' : 'yes';
  const { facts } = look;
  writer.tell('session', labels, facts, ({ inSet, inNextSet, next, sessionsLeft }) => {
    writer.tell('in-set', labels, inSet, (is) =>
      writer.add('inSet', { ...labels, set: 'current', expected }, Number(is)),
    );
    writer.tell('in-next-set', labels, inNextSet, (is) =>
      writer.add('inSet', { ...labels, set: 'next', expected }, Number(is)),
    );
    writer.tell('keys-registered', labels, next, (keys) =>
      writer.add('registered', labels, Number(keys !== null)),
    );
    writer.tell('sessions-left', labels, sessionsLeft, (left) => writer.add('sessionsLeft', labels, left));
  });
  for (const keys of KEY_SETS) writeHeld(writer, labels, look, target, keys);
  writeSlots(writer, labels, look);
}

/** If the account has no keys of that kind, there is no sample and no unknown fact. */
function writeHeld(
  writer: Writer,
  labels: Labels,
  { facts, held }: StashLook,
  { url, duty }: Target,
  keys: KeySet,
): void {
  const wanted = facts.known
    ? { current: facts.value.current, queued: facts.value.queued, registered: facts.value.next }[keys]
    : facts;
  if (wanted.known && wanted.value === null) return;
  const fact = held[keys] ?? (wanted.known ? unknown('the node does not answer') : wanted);
  writer.tell(url === null ? 'keys-not-asked' : 'keys-held', { ...labels, keys }, fact, (has) =>
    writer.add('held', { ...labels, duty, keys }, Number(has)),
  );
}

function writeSlots(writer: Writer, labels: Labels, { chain, account }: StashLook): void {
  const counts = chain?.follower.counts(account) ?? null;
  if (chain === null || counts === null) {
    writer.tell('authorship', labels, unknown('no block of its chain was read'), () => undefined);
    return;
  }
  for (const claim of claimsOf(chain)) {
    writer.add('authored', { ...labels, claim }, counts.authored[claim]);
    if (claim !== 'primary') writer.add('missed', { ...labels, claim }, counts.missed[claim]);
  }
  writer.tell('authorship', labels, chain.followed, () => undefined);
  if (chain.follower.consensus() === 'babe') {
    const why = unknown('only the key of a validator shows which slots it won');
    writer.tell('missed-primary', labels, why, () => undefined);
  }
}

function claimsOf({ follower }: ChainLook): readonly (keyof SlotCounts['authored'])[] {
  return follower.consensus() === 'babe' ? ['primary', 'secondary'] : ['turn'];
}

function writeChain(writer: Writer, here: Labels, { runtime, session, follower }: ChainLook): void {
  writer.tell('chain', here, runtime, (name) => {
    const labels = { ...here, runtime: name };
    if (session.known) writer.add('session', labels, session.value.index);
    writer.add('unknownSlots', labels, follower.unknownSlots());
    writer.add('passed', labels, follower.passedBlocks());
  });
}

function writeBackups(writer: Writer, here: Labels, backups: Look['backups']): void {
  if (backups === null) return;
  writer.tell('backups', here, backups, (states) => {
    for (const state of states) {
      if (state === null) {
        const why = unknown('a file of the folder of backups cannot be read');
        writer.tell('backups', here, why, () => undefined);
        continue;
      }
      for (const series of Object.keys(BACKUP_SERIES) as readonly (keyof typeof BACKUP_SERIES)[]) {
        const value = state.values[series] ?? null;
        if (value !== null) writer.add(`backup-${series}`, { ...here, node: state.node }, value);
      }
    }
  });
}
