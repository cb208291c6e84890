import { compareUnits } from '../../rule/index.ts';
import {
  keptText,
  type Report,
  type ReportWord,
  reportKey,
  reportOf,
  type SaidWord,
  unitOf,
  wordId,
} from './report.ts';
import {
  blankEntry,
  type Entry,
  isOwn,
  MAX_OPEN,
  MAX_OPEN_OF_NODE,
  MAX_OTHERS,
  type ReportsState,
} from './state.ts';
import { askJudgement, change, logHeld, put, type Turn } from './turn.ts';

/** A claimant sent a word that the store does not explain: from now on it holds every key. */
export function onSaid(turn: Turn, said: SaidWord): void {
  const report = reportOf(turn.state.service, said);
  const covering = coverOf(turn.state, report);
  if (covering !== null) {
    sayAgain(turn, covering, report);
    return;
  }
  const holder = fullHolderOf(turn.state, report);
  if (holder !== null) {
    absorb(turn, holder, report);
    return;
  }
  const recordKey = keyOf(report);
  put(turn, { ...blankEntry(recordKey), report, unsaved: true });
  logHeld(turn, recordKey, report);
}

/** A word on the own disk holds again from the start, before the store is read. */
export function onDisk(turn: Turn, recordKey: string, report: Report | null): void {
  put(turn, {
    ...blankEntry(recordKey),
    report,
    unreadable: report === null,
    unsaved: report !== null,
    disk: 'open',
  });
}

/** The report that holds this word, or will: the caller waits until its disk has the word. */
export function holderOf(state: ReportsState, report: Report): Entry | null {
  return coverOf(state, report) ?? fullHolderOf(state, report);
}

/** True once the own disk has the word, or an operator has released it: it may be answered. */
export function isDurable(entry: Entry, report: Report): boolean {
  if (entry.report?.state === 'released' && !entry.saidAgain && entry.claimed === null) return true;
  return isOnDisk(entry) && !entry.unkept.some((one) => idOf(one) === idOf(report));
}

/** True if the disk has the word that the report began with. */
function isOnDisk({ disk }: Entry): boolean {
  return disk === 'open' || disk === 'keeping-more';
}

/** The words for `keep-word`: that of the entry and the further ones that it holds, each under its own id. */
export function wordsToKeep(entry: Entry): { id: string; text: string }[] {
  const { report, disk, unkept } = entry;
  const first = disk === 'none' && report !== null ? [report] : [];
  const others = unkept.map((one) => ({ id: idOf(one), text: keptText(one) }));
  return [...first.map((one) => ({ id: idOf(one), text: keptText(ownWord(one)) })), ...others];
}

function keyOf(report: Report): string {
  return reportKey(report.service, idOf(report));
}

export function idOf({ service, word }: Report): string {
  return wordId(service, word);
}

/** Further words have their own lines on the disk. */
function ownWord(report: Report): Report {
  const { word } = report;
  if (word.others.length === 0) return report;
  return { ...report, word: { ...word, top: word.point.top, others: [] } };
}

/** The report of this very word, or a held one that holds it too. */
function coverOf(state: ReportsState, report: Report): Entry | null {
  const own = state.entries.get(keyOf(report));
  if (own !== undefined) return own;
  const id = idOf(report);
  const held = heldHere(state).find((entry) => entry.report?.word.others.includes(id) === true);
  return held ?? null;
}

function heldHere(state: ReportsState): Entry[] {
  return [...state.entries.values()].filter((entry) => isOwn(state, entry) && entry.report?.state === 'held');
}

/**
 * A node may fill the store with words. Beyond the bound its newest report about the same mark holds the word
 * too, with the higher `top`: the older words stay, and no release of the report can come earlier than
 * before.
 */
function fullHolderOf(state: ReportsState, { node, word }: Report): Entry | null {
  const all = heldHere(state);
  const ofNode = all.filter((entry) => entry.report?.node === node);
  if (all.length < MAX_OPEN && ofNode.length < MAX_OPEN_OF_NODE) return null;
  const same = ofNode.findLast(({ report }) => {
    const other = report?.word;
    return other?.chain === word.chain && other?.key === word.key && other?.duty === word.duty;
  });
  return same === undefined || (same.report?.word.others.length ?? 0) >= MAX_OTHERS ? null : same;
}

function absorb(turn: Turn, entry: Entry, report: Report): void {
  const { word } = report;
  if (entry.report === null) return;
  const known = entry.report.word;
  const joined: ReportWord = {
    ...known,
    top: higher(known.top, word.top),
    others: [...known.others, idOf(report)],
  };
  // An adoption freed keys of the words before this one only.
  const held: Report = { ...entry.report, word: joined, freed: [] };
  const unkept = [...entry.unkept, report];
  // A look at the mark that is under way was asked about the words before this one.
  const unjudged = { floorAbove: false, judging: null };
  change(turn, entry.recordKey, { report: held, unkept, unsaved: true, ...unjudged });
  logHeld(turn, entry.recordKey, report);
}

/** The higher of two units as text; null is below every unit. */
export function higher(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return compareUnits(unitOf(one), unitOf(other)) >= 0 ? one : other;
}

function sayAgain(turn: Turn, entry: Entry, report: Report): void {
  const known = entry.report;
  if (known === null || entry.unreadable) {
    change(turn, entry.recordKey, { report, unreadable: false, unsaved: true });
    logHeld(turn, entry.recordKey, report);
    return;
  }
  // An operator has released exactly this word. Any other release is checked again, because the store may
  // have gone back since.
  if (known.released === null || known.released.how === 'operator' || entry.saidAgain) return;
  change(turn, entry.recordKey, { saidAgain: true });
  askJudgement(turn, [entry.recordKey]);
}
